DROP TABLE direct_lines;
DROP TABLE gate_delegates;
DROP TABLE gates;
