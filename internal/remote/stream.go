package remote

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxEvent is the largest line of a stream that is read, in bytes.
const maxEvent = 16 << 20

// Open makes a request below /v1 whose answer is read as it comes, however long that
// takes, and whatever its status is. Its body is closed by the caller.
func (c *Client) Open(ctx context.Context, method, path string, header http.Header, in any) (*http.Response, error) {
	if c.token == "" {
		if err := c.SignIn(ctx); err != nil {
			return nil, err
		}
	}
	return c.send(ctx, &http.Client{Transport: c.HTTP.Transport, CheckRedirect: c.HTTP.CheckRedirect}, method, path, header, in)
}

// Event is one that a server sent.
type Event struct{ ID, Kind, Data string }

// Follow reads server-sent events below /v1, from behind one that it was told of, and
// tells each. It returns nil when the server ends the stream.
func (c *Client) Follow(ctx context.Context, path string, header http.Header, after string, tell func(Event) error) error {
	if after != "" {
		header = header.Clone()
		header.Set("Last-Event-ID", after)
	}
	fresh := c.token == ""
	res, err := c.Open(ctx, http.MethodGet, path, header, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusUnauthorized && !fresh {
		c.token = ""
		return c.Follow(ctx, path, header, "", tell)
	}
	if res.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(io.LimitReader(res.Body, maxEvent))
		return c.refused(res, answer)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, maxEvent)
	var e Event
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			e.ID = value
		case "event":
			e.Kind = value
		case "data":
			e.Data += value
		case "":
			if lines.Text() != "" { // a sign of life
				continue
			}
			if e.Data != "" {
				if err := tell(e); err != nil {
					return err
				}
			}
			e = Event{}
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("read stream: %w", err)
	} else if err != nil {
		return fmt.Errorf("the server at %s %w: its stream broke off: %w", c.Base, ErrAway, err)
	}
	return nil
}
