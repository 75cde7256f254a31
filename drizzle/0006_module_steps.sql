CREATE TABLE IF NOT EXISTS `mod_ispmodules_module_steps` (
	`account` varchar(32) NOT NULL,
	`remote_service_id` varchar(20) NOT NULL,
	`n` int unsigned NOT NULL,
	`service_ref` varchar(12) NOT NULL,
	`change_wanted` varchar(8) NOT NULL,
	`step` varchar(16) NOT NULL,
	`detail` varchar(64) NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`account`,`remote_service_id`,`n`),
	KEY `steps_of_service` (`service_ref`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
