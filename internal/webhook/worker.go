package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// attempt sends one delivery and says what came of it. It returns no error: a
// failure is an outcome like any other.
func (s *Service) attempt(ctx context.Context, scope tenant.Scope, j *job, d *Delivery) outcome {
	began := s.Now()
	o := outcome{ID: d.ID, LeaseID: j.leaseID, AttemptID: id.New("att"), Number: d.Attempts, StartedAt: began}
	status, said, retryAfter, err := s.send(ctx, scope, j, d, began)
	ended := s.Now()
	o.Duration, o.Excerpt, o.wish = int(ended.Sub(began).Milliseconds()), said, retryAfter
	if status != 0 {
		o.Status = &status
	}
	if err == nil && status >= 200 && status < 300 {
		o.State = Delivered
		s.Metrics.Deliveries.WithLabelValues("delivered").Inc()
		s.Metrics.Lateness.Observe(ended.Sub(d.CreatedAt).Seconds())
		return o
	}
	class := "status"
	if err != nil {
		class = egress.Class(err)
	}
	o.Error, o.Probe = &class, j.endpoint.probing()
	wait, more := backoff(s.Ladder, d.Attempts-d.Forgiven, retryAfter)
	switch {
	case more && o.Probe: // its endpoint waits, and it with it
		o.State = Pending
		s.Metrics.Deliveries.WithLabelValues("probed").Inc()
	case more:
		at := ended.Add(wait)
		o.State, o.NextAt = Pending, &at
		s.Metrics.Deliveries.WithLabelValues("retried").Inc()
	default:
		o.State = Exhausted
		s.Metrics.Deliveries.WithLabelValues("exhausted").Inc()
	}
	slog.InfoContext(ctx, "delivery failed", "delivery", d.ID, "attempt", d.Attempts, "status", status, "class", class, "state", o.State)
	return o
}

func (s *Service) send(ctx context.Context, scope tenant.Scope, j *job, d *Delivery, now time.Time) (status int, said string, retryAfter time.Duration, err error) {
	e := j.events[d.EventID]
	body, unsaid := e.Body, ""
	if e.Secret != nil {
		plain, err := s.Box.Open(e.Secret, event.Associated(e.ID))
		if err != nil {
			return 0, "", 0, fmt.Errorf("open event secret: %w", err)
		}
		body = strings.ReplaceAll(body, event.SecretMark, string(plain))
		unsaid = string(plain)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout) // a stop lets it end: see Deliver
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, j.endpoint.URL, strings.NewReader(body))
	if err != nil {
		return 0, "", 0, fmt.Errorf("build request: %w", err)
	}
	h := req.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Patchbay-Webhooks/1")
	h.Set(event.HopsHeader, strconv.Itoa(e.Hops+1))
	h.Set("Webhook-Id", e.ID)
	h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	h.Set("Webhook-Signature", StandardSignature(j.keys, e.ID, now, body))
	h.Set("X-Pd-Signature", Signature(j.keys, now, body))
	h.Set("X-Pd-Timestamp", now.UTC().Format(time.RFC3339))
	h.Set("X-Pd-Project-Id", scope.Project())
	h.Set("X-Pd-Environment", scope.EnvironmentName())
	if e.ExternalUserID != "" && !strings.ContainsFunc(e.ExternalUserID, notInHeader) {
		h.Set("X-Pd-External-User-Id", e.ExternalUserID)
	}
	if j.endpoint.Level != LevelToken {
		h.Set("X-Pd-Emitter-Id", e.SubjectID)
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return 0, "", 0, err
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, excerpt(res.Body, unsaid), parseRetryAfter(res.Header.Get("Retry-After"), now), nil
}

func notInHeader(r rune) bool { return r < ' ' || r > '~' }

// parseRetryAfter reads seconds or an HTTP date; what is neither is no wish.
func parseRetryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return time.Duration(min(n, int(longestWish/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
