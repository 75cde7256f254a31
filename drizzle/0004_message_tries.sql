ALTER TABLE `mod_ispmodules_messages`
	ADD COLUMN `due_at` datetime(6) NULL,
	ADD COLUMN `refusals` int unsigned NOT NULL DEFAULT 0;
