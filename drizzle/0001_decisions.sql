CREATE TABLE IF NOT EXISTS `mod_ispmodules_decisions` (
	`id` int unsigned AUTO_INCREMENT NOT NULL,
	`purchase_id` char(16) NOT NULL,
	`version` int unsigned NOT NULL,
	`decision` varchar(16) NOT NULL,
	`parameter` varchar(255),
	`actor` varchar(64) NOT NULL,
	`why` varchar(1000) NOT NULL,
	`evidence` longtext NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`id`),
	UNIQUE KEY `one_decision_per_version` (`purchase_id`,`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
SET @add_hold_until = IF(
	EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
		AND table_name = 'mod_ispmodules_purchases' AND column_name = 'hold_until'),
	'DO 0',
	'ALTER TABLE `mod_ispmodules_purchases` ADD `hold_until` datetime(6) AFTER `state_since`');
--> statement-breakpoint
PREPARE add_hold_until FROM @add_hold_until;
--> statement-breakpoint
EXECUTE add_hold_until;
--> statement-breakpoint
DEALLOCATE PREPARE add_hold_until;
--> statement-breakpoint
INSERT IGNORE INTO `mod_ispmodules_switches` (`name`,`value`,`actor`,`why`,`at`) VALUES
	('restore','','migration','the ledger was never restored from a backup',UTC_TIMESTAMP(6)),
	('known_breaches','','migration','no broken rule was ever seen',UTC_TIMESTAMP(6));
--> statement-breakpoint
INSERT IGNORE INTO `mod_ispmodules_turns` (`name`,`due_at`) VALUES
	('invariants',UTC_TIMESTAMP(6)),
	('remote_sweep',UTC_TIMESTAMP(6));
