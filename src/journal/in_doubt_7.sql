-- When and as whom the newest attempt was sent: what it did is in doubt for a while.
-- `…_up`: how long the machine had been up, since the clock may be set meanwhile.

ALTER TABLE calls ADD COLUMN sent INTEGER;
ALTER TABLE calls ADD COLUMN sent_up TEXT;
ALTER TABLE calls ADD COLUMN sent_by TEXT;
ALTER TABLE accounts ADD COLUMN up TEXT;
UPDATE calls SET sent = updated WHERE in_doubt OR state = 'sending';

-- Cases whose caller could not be looked up: when that is tried again, and until when.
ALTER TABLE calls ADD COLUMN link_due INTEGER;
ALTER TABLE calls ADD COLUMN link_until INTEGER;
CREATE INDEX calls_to_link ON calls (user, link_due) WHERE link_due IS NOT NULL;
