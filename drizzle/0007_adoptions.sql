CREATE TABLE IF NOT EXISTS `mod_ispmodules_adoptions` (
	`account` varchar(32) NOT NULL,
	`remote_service_id` varchar(20) NOT NULL,
	`service_ref` varchar(12) NOT NULL,
	`licence` varchar(10) NOT NULL,
	`tariff` varchar(10) NOT NULL,
	`expires_on` date NOT NULL,
	`actor` varchar(64) NOT NULL,
	`why` varchar(1000) NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`account`,`remote_service_id`),
	KEY `adoptions_by_licence` (`licence`,`tariff`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
