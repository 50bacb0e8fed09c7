DROP INDEX tickets_customer_module;
DROP TABLE drafts;
DROP TABLE waivers;
DROP TABLE pledges;
DROP TABLE silences;
DROP TABLE notices;
DROP TABLE tasks;
