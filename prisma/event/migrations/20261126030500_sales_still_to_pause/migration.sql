-- Why the sales of whoever has lost the right to hold events are still to be paused; null once they are. So a lost job is no lost pause.
ALTER TABLE lost_rights ADD COLUMN pause_reason text;
