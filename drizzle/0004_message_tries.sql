SET @add_message_tries = IF(
	EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE()
		AND table_name = 'mod_ispmodules_messages' AND column_name = 'due_at'),
	'DO 0',
	'ALTER TABLE `mod_ispmodules_messages`
		ADD COLUMN `due_at` datetime(6) NULL,
		ADD COLUMN `refusals` int unsigned NOT NULL DEFAULT 0');
--> statement-breakpoint
PREPARE add_message_tries FROM @add_message_tries;
--> statement-breakpoint
EXECUTE add_message_tries;
--> statement-breakpoint
DEALLOCATE PREPARE add_message_tries;
