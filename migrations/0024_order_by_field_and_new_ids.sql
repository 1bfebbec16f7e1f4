-- +goose Up
-- Order by what stands in a payload, and replays that a receiver does not take
-- for what it has seen.

ALTER TABLE webhook_endpoints
  ADD ordering_path text NOT NULL DEFAULT '', -- a JSON pointer into the body: what has the same there is in order
  DROP CONSTRAINT webhook_endpoints_ordering_check,
  ADD CONSTRAINT webhook_endpoints_ordering_check CHECK (ordering IN ('none', 'user', 'subject', 'field')),
  ADD CONSTRAINT webhook_endpoints_path_check CHECK ((ordering = 'field') = (ordering_path <> ''));

ALTER TABLE deliveries ADD sent_as text COLLATE "C"; -- the webhook-id, if it is not the event's
ALTER TABLE replays ADD new_ids boolean NOT NULL DEFAULT false;
