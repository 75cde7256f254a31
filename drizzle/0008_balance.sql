INSERT IGNORE INTO `mod_ispmodules_switches` (`name`,`value`,`actor`,`why`,`at`) VALUES
	('forecast','','migration','the balance was never held against the renewals to come',UTC_TIMESTAMP(6));
