DROP TABLE consults;
DROP TABLE rooms;
DROP TABLE emergencies;
