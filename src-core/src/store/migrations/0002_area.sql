-- Taking an action out of the outbox must not look at all the others: a week without a network leaves thousands.
CREATE INDEX outbox_row_counter ON outbox_row (counter);

-- Where a contact stands in the list, so that the first screenful of many hits needs no sorting.
ALTER TABLE contact ADD COLUMN place TEXT;
UPDATE contact SET place = COALESCE(
        (SELECT '0' || organisation.sort FROM organisation WHERE organisation.row = contact.organisation), '1')
        || char(9) || COALESCE(ord, '') || char(9) || COALESCE(sort, '');
CREATE INDEX contact_place ON contact (place, n);
