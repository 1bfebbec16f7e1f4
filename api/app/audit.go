package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/internal/audit"
)

// ErrChain is returned for an audit log that does not fit its chain.
var ErrChain = errors.New("the audit log was tampered with")

// VerifyAudit holds the log of a workspace, or of all, against its chain; and
// against what an earlier check said, WORKSPACE:NUMBER:HASH.
func VerifyAudit(ctx context.Context, c *Config, only, expect string, out io.Writer, asJSON bool) error {
	mark, err := markOf(expect)
	if err != nil {
		return err
	}
	database, err := c.database()
	if err != nil {
		return err
	}
	defer func() { _ = database.Close() }()
	log := &audit.Service{DB: database, Now: time.Now}
	workspaces := []string{only}
	switch {
	case only != "":
	case mark != nil:
		workspaces[0] = mark.WorkspaceID
	default:
		if workspaces, err = log.Workspaces(ctx); err != nil {
			return err
		}
	}
	type held struct {
		WorkspaceID string `json:"workspace_id"`
		OK          bool   `json:"ok"`
		Problem     string `json:"problem,omitempty"`
		From        int64  `json:"from"`
		To          int64  `json:"to"`
		Hash        string `json:"hash"`
		Pending     int    `json:"pending"`
	}
	broken, all := 0, []held{}
	for _, w := range workspaces {
		chain, err := log.Verify(ctx, w, 0, mark)
		if err != nil {
			return err
		}
		if chain.Problem != "" {
			broken++
		}
		switch {
		case asJSON:
			all = append(all, held{w, chain.Problem == "", chain.Problem, chain.From, chain.To, chain.Hash, chain.Pending})
		case chain.Problem != "":
			_, err = fmt.Fprintf(out, "%s  BROKEN  %s\n", w, chain.Problem)
		case chain.To < chain.From:
			_, err = fmt.Fprintf(out, "%s  ok  no entries; %d wait to be sealed\n", w, chain.Pending)
		default:
			_, err = fmt.Fprintf(out, "%s  ok  entries %d to %d; %d wait to be sealed\n      keep elsewhere: --expect %s:%d:%s\n", w, chain.From, chain.To, chain.Pending, w, chain.To, chain.Hash)
		}
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	if asJSON {
		if err := WriteJSON(out, map[string]any{"data": all}); err != nil {
			return err
		}
	}
	if broken > 0 {
		return fmt.Errorf("%w: %d of %d workspaces", ErrChain, broken, len(workspaces))
	}
	return nil
}

// markOf reads WORKSPACE:NUMBER:HASH.
func markOf(text string) (*audit.Mark, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ":")
	if len(parts) == 3 && parts[0] != "" && len(parts[2]) == len(audit.Nothing) {
		if seq, err := strconv.ParseInt(parts[1], 10, 64); err == nil && seq > 0 {
			return &audit.Mark{WorkspaceID: parts[0], Seq: seq, Hash: parts[2]}, nil
		}
	}
	return nil, errors.New("--expect wants what an earlier check printed: WORKSPACE:NUMBER:HASH")
}

// chainTail is how many of each workspace's newest entries the doctor looks at.
const chainTail = 10_000

func (d *doctor) auditLog(ctx context.Context) {
	if d.unseen("audit log") {
		return
	}
	const whole = "Look at who can write to the database beside Patchbay. Check it whole: patchbay audit verify"
	log := &audit.Service{DB: d.db, Now: time.Now}
	workspaces, err := log.Workspaces(ctx)
	if err != nil {
		d.find("audit log", fail, "Look at the database's log.", "The audit log cannot be read: %s.", withoutSecrets(err))
		return
	}
	waiting := 0
	for _, w := range workspaces {
		chain, err := log.Verify(ctx, w, chainTail, nil)
		if err != nil {
			d.find("audit log", fail, "Look at the database's log.", "The audit log cannot be read: %s.", withoutSecrets(err))
			return
		}
		if chain.Problem != "" {
			d.find("audit log", fail, whole, "The log of %s does not fit its chain. %s", w, chain.Problem)
			return
		}
		waiting += chain.Pending
	}
	d.find("audit log", well, "", "The newest entries of %d workspaces fit their chain; %d wait to be sealed, which workers do.", len(workspaces), waiting)
}
