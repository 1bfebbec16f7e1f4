package chaos

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// runRecord is all that was seen of runs. The promises are held against it and nothing else.
type runRecord struct {
	counts
	marks

	Calls   []try // Trigger is what their runs do after the third step: 0 wait for an answer, 1 call another, 2 rest
	Effects []effect
	Blows   []blow
	Told    []told
	Runs    []ran
	Steps   []did
	Places  int // in queues
	Seen    []string
	words
}

// effect is one request of a step, as the receiver saw it.
type effect struct {
	Key   string // of the call that its run is for
	Place string // which step: first, item0 …, child, last
	Idem  string // the Idempotency-Key
	Nonce string // what it was answered
	Body  string // its hash
	At    time.Time
}

// ran is a run in the database.
type ran struct {
	ID, Key, Status string
	Parent, Error   *string
}

// did is a step in the database.
type did struct {
	Run, Path, Name, Type, Status string
	Nonce                         *string // in its output
	Value                         *int    // of the counter
}

// effect is the receiver: it writes down what it hears, and answers each request
// with something of its own.
func (s *runs) effect(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // its sender is gone: nobody heard anything
	}
	var in struct {
		Key, At string
		Resume  *string
	}
	_ = json.Unmarshal(body, &in) // what cannot be read has no key, and is found out
	s.mu.Lock()
	nonce := "answer-" + strconv.Itoa(len(s.effects))
	s.effects = append(s.effects, effect{in.Key, in.At, req.Header.Get("Idempotency-Key"), nonce, hash(string(body)), time.Now()})
	s.mu.Unlock()
	if in.Resume != nil {
		go s.resume(in.Key, *in.Resume)
	}
	time.Sleep(answerFor())
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"nonce":"` + nonce + `"}`)) // who asked may be gone
}

// resume answers the step that waits, by the link that an earlier one sent, until a
// server has taken the answer.
func (s *runs) resume(key, link string) {
	u, err := url.Parse(link)
	if err != nil {
		return
	}
	time.Sleep(2 * answerFor())
	for n := range 300 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		status, _, err := s.api.sendBare(ctx, "http://"+s.addresses.at(n)+u.Path, `{"ok":true}`)
		cancel()
		if err == nil && status < 500 {
			s.mu.Lock()
			s.told = append(s.told, told{key, status})
			s.mu.Unlock()
			return
		}
		time.Sleep(pause(n))
	}
}

// gather ends the product and collects the record.
func (s *runs) gather(ctx context.Context) (*runRecord, error) {
	for _, c := range append(s.servers, s.workers...) {
		c.end()
	}
	s.mu.Lock()
	r := &runRecord{counts: s.lab.told, marks: s.marks, Calls: s.calls, Effects: s.effects, Blows: s.blows, Told: s.told}
	s.mu.Unlock()
	if err := s.listen(&r.words); err != nil {
		return nil, err
	}
	return r, s.read(ctx, func(c *pgx.Conn) (err error) {
		if r.Runs, err = rows[ran](ctx, c, "SELECT id, COALESCE(input::jsonb #>> '{body,key}', ''), status, parent_id, error::text FROM runs"); err != nil {
			return err
		}
		r.Steps, err = rows[did](ctx, c, `SELECT run_id, path, name, type, status, CASE WHEN type = 'http_request' THEN output::jsonb #>> '{body,nonce}' END,
			CASE WHEN type = 'state' THEN (output::jsonb ->> 'value')::int END FROM run_steps`)
		if err != nil {
			return err
		}
		if err = c.QueryRow(ctx, "SELECT count(*) FROM run_places").Scan(&r.Places); err != nil {
			return err //nolint:wrapcheck // read says what it was
		}
		r.Seen, err = seen(ctx, c)
		return err
	})
}
