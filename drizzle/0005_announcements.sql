CREATE TABLE IF NOT EXISTS `mod_ispmodules_announcements` (
	`purchase_id` char(16) NOT NULL,
	`type` varchar(16) NOT NULL,
	`expires_on` date,
	`created_at` datetime(6) NOT NULL,
	`due_at` datetime(6),
	`tries` smallint unsigned NOT NULL DEFAULT 0,
	`failure` varchar(64),
	`done_at` datetime(6),
	PRIMARY KEY(`purchase_id`,`type`),
	KEY `announcement_due` (`due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
INSERT IGNORE INTO `mod_ispmodules_switches` (`name`,`value`,`actor`,`why`,`at`) VALUES
	('events_since','','migration','EVENTS_URL was never set',UTC_TIMESTAMP(6));
