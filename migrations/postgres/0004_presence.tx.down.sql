DROP TABLE calendar_hours;
DROP TABLE calendar_years;
DROP TABLE calendar_days;
DROP TABLE shifts;
DROP TABLE rosters;
DROP TABLE absences;
