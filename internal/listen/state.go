package listen

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// place is where a listener is in the feed: behind a cursor, or else at a time,
// with some of what follows done already.
type place struct {
	After string     `json:"after,omitempty"`
	Since *time.Time `json:"since,omitempty"` // nil without a cursor = now
	Done  []string   `json:"done,omitempty"`  // ids of events
}

// file is where the place of a listener with the same options stands.
func (l *Listener) file() string {
	of := sha256.Sum256([]byte(strings.Join([]string{l.Server.Base, l.Project, l.Environment, l.Types, l.User, l.Forward}, "\n")))
	return filepath.Join(l.State, hex.EncodeToString(of[:8])+".json")
}

// resume returns where to begin.
func (l *Listener) resume() (at place, err error) {
	if l.Since > 0 {
		since := l.Now().Add(-l.Since).UTC()
		at.Since = &since
	}
	if !l.Resume {
		return at, nil
	}
	b, err := os.ReadFile(l.file())
	if errors.Is(err, os.ErrNotExist) {
		l.notice("No listener with these options was here before: beginning now.")
		return at, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil {
		return at, fmt.Errorf("%s cannot be read; listen without --resume: %w", l.file(), err)
	}
	return at, nil
}

// keep writes the place down, whole or not at all.
func (l *Listener) keep(at place) error {
	b, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("encode place: %w", err)
	}
	err = os.MkdirAll(l.State, 0o700)
	if err == nil {
		err = os.WriteFile(l.file()+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(l.file()+".new", l.file())
	}
	if err != nil {
		return fmt.Errorf("write down what was forwarded: %w", err)
	}
	return nil
}
