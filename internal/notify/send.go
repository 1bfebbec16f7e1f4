package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// sendTimeout ends before a lease does.
const sendTimeout = 10 * time.Second

// most is how many notices one message of a channel holds.
func (c Channel) most() int {
	if c == Webhook {
		return 1
	}
	return embedsMax
}

// form gives messages the form of a channel.
func form(c Channel, ms []*Message) (any, error) {
	switch c {
	case Discord:
		return discord(ms), nil
	case Slack:
		return slack(ms), nil
	case Teams:
		return teams(ms), nil
	case Email:
		return letter(ms)
	case Webhook:
		return hook(ms[0]), nil
	default:
		return nil, ErrChannel
	}
}

// send sends messages as one, and says what came of it. A failure is an outcome
// like any other.
func (s *Service) send(ctx context.Context, r *Route, t *target, ms []*Message) Outcome {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout) // a stop lets it end
	defer cancel()
	if o := s.room(ctx, r.Channel, t); !o.Sent() {
		return o
	}
	o := s.sendNow(ctx, r, t, ms)
	s.Metrics.Notices.WithLabelValues(string(r.Channel), string(cmp.Or(o.Code, "SENT"))).Inc()
	if !o.Sent() {
		slog.InfoContext(ctx, "notification not sent", "route", r.ID, "channel", r.Channel, "code", o.Code, "status", o.Status)
	}
	return o
}

// Discord says nowhere how much it takes before it takes no more. These are what
// was seen to go through; its headers are followed beside them.
var rates = []limit.Rate{{Requests: 5, Window: 2 * time.Second}, {Requests: 30, Window: time.Minute}}

// room counts a message to a Discord webhook, in all routes and processes that
// send to it.
func (s *Service) room(ctx context.Context, c Channel, t *target) Outcome {
	if c != Discord {
		return Outcome{}
	}
	key := "notify:" + fmt.Sprintf("%x", token.Hash(t.URL)[:12])
	for _, rate := range rates {
		if full, ok := errors.AsType[*limit.Exceeded](s.Limits.Take(ctx, key+":"+rate.Window.String(), rate)); ok {
			return Outcome{Code: RateLimited, Detail: "own limit", Wait: max(full.In, 100*time.Millisecond)}
		}
	}
	return Outcome{}
}

func (s *Service) sendNow(ctx context.Context, r *Route, t *target, ms []*Message) Outcome {
	payload, err := form(r.Channel, ms)
	if err != nil {
		return Outcome{Code: InvalidPayload, Detail: "it could not be drawn"}
	}
	if l, ok := payload.(*Letter); ok {
		if s.Mail == nil {
			return Outcome{Code: InvalidWebhook, Detail: "this installation sends no e-mail"}
		}
		return s.Mail.send(ctx, t.Addresses, ms[0].ID, l, s.Now())
	}
	body, err := encode(payload)
	if err != nil {
		return Outcome{Code: InvalidPayload, Detail: "it could not be encoded"}
	}
	at := t.URL
	if r.Channel == Discord {
		at = waiting(at)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return Outcome{Code: InvalidWebhook, Detail: "it is no URL"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Patchbay-Notifications/1")
	if r.Channel == Webhook {
		if s.Sign == nil || t.Key == "" {
			return Outcome{Code: SigningFailed}
		}
		s.Sign(req.Header, secret.Text(t.Key), ms[0].ID, s.Now(), string(body))
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return byError(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(res.Body, 16<<10)) // an answer that breaks off is still an answer
	return s.read(r.Channel, res, answer)
}

// encode is json.Marshal with signs that Slack and Discord would show as they stand.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// waiting has Discord answer when the message is there, and not before.
func waiting(at string) string {
	u, err := url.Parse(at)
	if err != nil {
		return at
	}
	q := u.Query()
	q.Set("wait", "true")
	u.RawQuery = q.Encode()
	return u.String()
}

// discordError is what Discord says of a failure; also how long to wait, in seconds.
type discordError struct {
	Code       int     `json:"code"`
	RetryAfter float64 `json:"retry_after"`
}

const invalidToken = 50027 // Discord: invalid webhook token

func (s *Service) read(c Channel, res *http.Response, answer []byte) Outcome {
	o := Outcome{Code: byStatus(res.StatusCode), Status: res.StatusCode}
	if !o.Sent() {
		o.Detail = "status " + strconv.Itoa(res.StatusCode)
	}
	if n, err := strconv.ParseFloat(res.Header.Get("Retry-After"), 64); err == nil {
		o.Wait = seconds(n)
	} else if at, err := http.ParseTime(res.Header.Get("Retry-After")); err == nil {
		o.Wait = max(0, at.Sub(s.Now()))
	}
	if c == Discord {
		if res.Header.Get("X-RateLimit-Remaining") == "0" {
			if n, err := strconv.ParseFloat(res.Header.Get("X-RateLimit-Reset-After"), 64); err == nil {
				o.Wait = max(o.Wait, seconds(n))
			}
		}
		var said discordError
		if json.Unmarshal(answer, &said) == nil {
			o.Wait = max(o.Wait, seconds(said.RetryAfter))
			if said.Code == invalidToken {
				o.Code = InvalidWebhook
			}
		}
	}
	switch {
	case o.Code == RateLimited && o.Wait == 0:
		o.Wait = 5 * time.Second
	case o.Sent() && c != Discord, o.Code != "" && o.Code != RateLimited && o.Code != SendFailed:
		o.Wait = 0
	}
	return o
}

func seconds(n float64) time.Duration {
	if !(n > 0) { // nor what is no number
		return 0
	}
	return time.Duration(math.Min(n, longestWish.Seconds()) * float64(time.Second))
}
