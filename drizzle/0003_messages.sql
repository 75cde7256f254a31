CREATE TABLE IF NOT EXISTS `mod_ispmodules_messages` (
	`purchase_id` char(16) NOT NULL,
	`message` varchar(64) NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`purchase_id`,`message`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
INSERT IGNORE INTO `mod_ispmodules_turns` (`name`,`due_at`) VALUES
	('messages',UTC_TIMESTAMP(6));
