-- +goose Up
-- Attempts are what there is most of. They lie in a table for each day, by the
-- time in their id, and a day that is over goes at once. Workers make the days
-- ahead (internal/retention); what no day holds lies in attempts_rest.

ALTER TABLE attempts RENAME TO attempts_before;
CREATE TABLE attempts (LIKE attempts_before INCLUDING DEFAULTS) PARTITION BY RANGE (id);
ALTER TABLE attempts ADD PRIMARY KEY (id);
CREATE TABLE attempts_rest PARTITION OF attempts DEFAULT;
INSERT INTO attempts SELECT * FROM attempts_before;
DROP TABLE attempts_before;
SELECT own_by_environment('attempts');
ALTER TABLE attempts ADD FOREIGN KEY (environment_id, delivery_id) REFERENCES deliveries (environment_id, id) ON DELETE CASCADE;
CREATE INDEX attempts_of_delivery ON attempts (environment_id, delivery_id, id); -- a delivery's page

-- A tenant has no right to a day itself; this is for whoever would give it one.
-- +goose StatementBegin
CREATE FUNCTION close_partition(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY environment ON %s USING (environment_id = current_setting(''app.environment_id''))', t);
END $$;
-- +goose StatementEnd
SELECT close_partition('attempts_rest');
