// Package listen brings an environment's events to a developer's machine: it
// asks the server for them, as a client of the API, and sends each to a local
// address as a delivery would be sent.
package listen

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/remote"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// Options say what is listened to, and where it goes.
type Options struct {
	Project, Environment string
	Forward              string // a URL
	Types                string // separated by commas; "" = all
	User                 string // the customer's own id; "" = all
	Since                time.Duration
	Resume               bool   // go on where the last one of the same options ended, also if it was killed
	Replay               string // send this event, and no other
	JSON                 bool
}

// Listener forwards events until it is told to stop.
type Listener struct {
	Options

	Server   *remote.Client
	Local    *http.Client
	State    string    // a folder for where listeners are
	Commands io.Reader // a line each; nil = none are taken
	Out      io.Writer // a line for each event
	Notices  io.Writer // everything else
	Now      func() time.Time

	mu              sync.Mutex // of all that follows, and of writing
	last            *event
	forwarded, sour int
}

// Key returns what events are signed with here. It follows from the client's
// secret, so that it is the same each time and nobody else's, and tells nothing
// of that. It is not the environment's own key: whoever may listen may not thereby
// make what a real receiver believes.
func (l *Listener) Key() secret.Text {
	h := hmac.New(sha256.New, []byte(l.Server.Secret.Reveal()))
	_, _ = io.WriteString(h, "patchbay listen\n"+l.Project+"\n"+l.Environment)
	return secret.Text(hex.EncodeToString(h.Sum(nil)))
}

// Check returns what cannot work, before anything is asked of the server.
func (o *Options) Check() error {
	u, err := url.Parse(o.Forward)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("--forward is %q, want a URL such as http://localhost:3000/hooks", o.Forward)
	case o.Since < 0:
		return fmt.Errorf("--since is %s, want a time that is over, such as 1h", o.Since)
	case o.Resume && o.Since > 0:
		return errors.New("--resume goes on where the last listener ended, --since says otherwise: give one of them")
	case o.Replay != "" && (o.Resume || o.Since > 0):
		return errors.New("--replay sends one event: give neither --since nor --resume")
	}
	return nil
}

// Run forwards until ctx ends, which is no error, or until something is wrong
// that does not pass.
func (l *Listener) Run(ctx context.Context) error {
	if err := l.Check(); err != nil {
		return err
	}
	if l.Replay != "" {
		return l.replay(ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if l.Commands != nil {
		go l.obey(ctx, stop)
	}
	err := l.follow(ctx)
	if ctx.Err() != nil {
		err = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		_, _ = fmt.Fprintf(l.Notices, "Forwarded %d, of which %d failed. --resume goes on from here.\n", l.forwarded, l.sour)
	}
	return err
}

// greet says what goes on, once it does.
func (l *Listener) greet() {
	l.notice(`Listening to %s (%s) at %s, forwarding to %s
  Signing key  %s
               or, as Standard Webhooks, %s
               the same each time this client listens here, and no other environment's
  r and Enter sends the last event again, Ctrl-C ends`,
		l.Project, l.Environment, l.Server.Base, l.Forward, l.Key().Reveal(), webhook.StandardSecret(l.Key()).Reveal())
}

func (l *Listener) notice(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.Notices, format+"\n", args...)
}

// obey does what is typed.
func (l *Listener) obey(ctx context.Context, stop func()) {
	for in := bufio.NewScanner(l.Commands); in.Scan() && ctx.Err() == nil; {
		switch strings.TrimSpace(in.Text()) {
		case "":
		case "r":
			l.mu.Lock()
			last := l.last
			l.mu.Unlock()
			if last == nil {
				l.notice("Nothing was forwarded yet.")
				continue
			}
			l.forward(ctx, last, true)
		case "q":
			stop()
		default:
			l.notice("r sends the last event again, q ends.")
		}
	}
}

// replay sends one event, whose outcome is that of the command.
func (l *Listener) replay(ctx context.Context) error {
	var e event
	err := l.Server.Call(ctx, http.MethodGet, l.path("/"+url.PathEscape(l.Replay)), l.header(), nil, &e)
	if err != nil {
		return explain(err)
	}
	l.notice("Signing key  %s", l.Key().Reveal())
	if !l.forward(ctx, &e, true) {
		return errors.New("the event was not taken")
	}
	return nil
}
