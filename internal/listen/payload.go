package listen

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// payload is where the body of an event is that is too large to be told.
type payload struct {
	URL  string `json:"url"`
	Size int64  `json:"size"`
}

// fetchWithin is how long a large body may take to come.
const fetchWithin = time.Minute

// complete fetches a body that the feed only refers to: what listens here hears
// what an endpoint without a limit would.
func (e *event) complete(ctx context.Context, client *http.Client) error {
	if e.Payload == nil || e.Body != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Payload.URL, http.NoBody)
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	res, err := client.Do(req) // the server that is listened to named it
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, e.Payload.Size+1))
	if err != nil || res.StatusCode != http.StatusOK || int64(len(body)) != e.Payload.Size {
		return fmt.Errorf("the payload of %d bytes did not come: the server answered %d", e.Payload.Size, res.StatusCode)
	}
	e.Body = string(body)
	return nil
}
