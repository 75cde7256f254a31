INSERT IGNORE INTO `mod_ispmodules_switches` (`name`,`value`,`actor`,`why`,`at`) VALUES
	('vendor_modules','','migration','nobody has seen the vendor''s own modules in WHMCS',UTC_TIMESTAMP(6));
