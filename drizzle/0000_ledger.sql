CREATE TABLE IF NOT EXISTS `mod_ispmodules_attempts` (
	`purchase_id` char(16) NOT NULL,
	`n` smallint unsigned NOT NULL,
	`marker` varchar(32) NOT NULL,
	`owner` varchar(64) NOT NULL,
	`account` varchar(32) NOT NULL,
	`action` varchar(8) NOT NULL,
	`licence` varchar(10) NOT NULL,
	`tariff` varchar(10) NOT NULL,
	`remote_service_id` varchar(20),
	`period_months` smallint NOT NULL,
	`list_before` longtext NOT NULL,
	`cost` decimal(20,4),
	`currency` char(3),
	`expected_expiry` date NOT NULL,
	`is_announced` tinyint NOT NULL,
	`send_by` datetime(6) NOT NULL,
	`deadline_at` datetime(6) NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`purchase_id`,`n`),
	CONSTRAINT `one_attempt_per_marker` UNIQUE(`marker`),
	KEY `attempts_by_licence` (`licence`,`tariff`),
	KEY `attempts_by_time` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_bindings` (
	`purchase_id` char(16) NOT NULL,
	`account` varchar(32) NOT NULL,
	`remote_service_id` varchar(20) NOT NULL,
	`expiry_after` date NOT NULL,
	`service_ref` varchar(12) NOT NULL,
	`licence` varchar(10) NOT NULL,
	`tariff` varchar(10) NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`purchase_id`),
	CONSTRAINT `one_purchase_per_term` UNIQUE(`account`,`remote_service_id`,`expiry_after`),
	KEY `by_licence` (`licence`,`tariff`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_inbox` (
	`webhook_id` varchar(64) NOT NULL,
	`type` varchar(64) NOT NULL,
	`body` longtext NOT NULL,
	`received_at` datetime(6) NOT NULL,
	`not_before` datetime(6),
	`done_at` datetime(6),
	PRIMARY KEY(`webhook_id`),
	KEY `open_events` (`not_before`),
	KEY `newest_of_type` (`type`,`received_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_observations` (
	`id` int unsigned AUTO_INCREMENT NOT NULL,
	`purchase_id` char(16) NOT NULL,
	`n` smallint unsigned NOT NULL,
	`verdict` varchar(16) NOT NULL,
	`digest` char(64) NOT NULL,
	`detail` longtext NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`id`),
	KEY `looks_of_attempt` (`purchase_id`,`n`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_outcomes` (
	`purchase_id` char(16) NOT NULL,
	`n` smallint unsigned NOT NULL,
	`kind` varchar(16) NOT NULL,
	`outcome` longtext NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`purchase_id`,`n`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_price_list` (
	`id` tinyint NOT NULL,
	`catalogue` longtext NOT NULL,
	`read_at` datetime(6) NOT NULL,
	PRIMARY KEY(`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_purchases` (
	`id` char(16) NOT NULL,
	`invoice_line_id` int unsigned NOT NULL,
	`line_type` varchar(30) NOT NULL,
	`invoice_id` int unsigned NOT NULL,
	`service_ref` varchar(12) NOT NULL,
	`product_id` int unsigned NOT NULL,
	`period_start` date,
	`period_months` smallint,
	`period_key` varchar(32),
	`tariff` varchar(10),
	`licence` varchar(10),
	`first_paid_seen_at` char(19),
	`paid_at` char(19),
	`state` varchar(16) NOT NULL,
	`reason` varchar(32),
	`detail` longtext,
	`action` varchar(8),
	`version` int unsigned NOT NULL,
	`state_since` datetime(6) NOT NULL,
	`queue` varchar(8),
	`not_before` datetime(6) NOT NULL,
	`waits` smallint unsigned NOT NULL DEFAULT 0,
	`lease_owner` varchar(64),
	`lease_until` datetime(6),
	`send_by` datetime(6),
	`inflight_key` varchar(80),
	`account_slot` varchar(48),
	`remote_service_id` varchar(20),
	`expected_expiry` date,
	`attempts` smallint unsigned NOT NULL DEFAULT 0,
	`sends` tinyint unsigned NOT NULL DEFAULT 0,
	`refusals` tinyint unsigned NOT NULL DEFAULT 0,
	`reversed_at` datetime(6),
	`has_auto_renewal` tinyint NOT NULL DEFAULT 0,
	`write_back_due_at` datetime(6),
	`written_back_at` datetime(6),
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`id`),
	CONSTRAINT `one_purchase_per_line` UNIQUE(`invoice_line_id`),
	CONSTRAINT `one_purchase_per_period` UNIQUE(`period_key`),
	CONSTRAINT `one_attempt_in_flight` UNIQUE(`inflight_key`),
	CONSTRAINT `one_order_per_slot` UNIQUE(`account_slot`),
	KEY `due` (`queue`,`not_before`),
	KEY `by_service` (`service_ref`),
	KEY `by_invoice` (`invoice_id`),
	KEY `write_back_due` (`write_back_due_at`),
	CONSTRAINT `at_most_two_sends` CHECK (`sends` <= 2),
	CONSTRAINT `listed_state` CHECK (`state` IN ('Pending','Sending','Unknown','Ordered','Purchased','NeedsOperator','Refunded','Ignored'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_switches` (
	`name` varchar(64) NOT NULL,
	`value` longtext NOT NULL,
	`actor` varchar(64) NOT NULL,
	`why` varchar(255) NOT NULL,
	`at` datetime(6) NOT NULL,
	PRIMARY KEY(`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_transitions` (
	`purchase_id` char(16) NOT NULL,
	`version` int unsigned NOT NULL,
	`from_state` varchar(16),
	`to_state` varchar(16) NOT NULL,
	`reason` varchar(32),
	`actor` varchar(64) NOT NULL,
	`changes` longtext NOT NULL,
	`created_at` datetime(6) NOT NULL,
	PRIMARY KEY(`purchase_id`,`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS `mod_ispmodules_turns` (
	`name` varchar(64) NOT NULL,
	`due_at` datetime(6) NOT NULL,
	PRIMARY KEY(`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
--> statement-breakpoint
INSERT IGNORE INTO `mod_ispmodules_switches` (`name`,`value`,`actor`,`why`,`at`) VALUES
	('buying','off','migration','a fresh ledger buys nothing',UTC_TIMESTAMP(6)),
	('paid_since','','migration','nobody has said from when to buy',UTC_TIMESTAMP(6)),
	('account_pause','','migration','the account is not paused',UTC_TIMESTAMP(6)),
	('renewal_form','','migration','the renewal form was never looked at',UTC_TIMESTAMP(6));
--> statement-breakpoint
INSERT IGNORE INTO `mod_ispmodules_turns` (`name`,`due_at`) VALUES
	('sweep',UTC_TIMESTAMP(6)),
	('nightly_sweep',UTC_TIMESTAMP(6));
