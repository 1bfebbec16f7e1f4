package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/redact"
	"github.com/patchbay-dev/patchbay/internal/request"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrNoLook is the fault of a look that logged nothing, or is not one of the last.
var ErrNoLook = fault.New(fault.NotFound, "look_not_found", "There is no such look among the last of this trigger, or nothing was logged in it.")

// Said is what a component that is code wrote and exported in a look, and why it
// failed. It is bounded: a look is no place for data.
type Said struct {
	Observations []action.Observation
	More         int           // observations that were left out
	Exports      *request.Body // redacted; nil = nothing was exported

	bytes int
}

const (
	mostLines   = 200      // of a Said
	longestLine = 2000     // bytes of each
	mostSaid    = 32 << 10 // bytes of all its lines
)

// add puts lines down, as long as there are not too many.
func (s *Said) add(all ...action.Observation) {
	for _, o := range all {
		if len(o.Message) > longestLine {
			o.Message = strings.ToValidUTF8(o.Message[:longestLine], "") + "… (" + strconv.Itoa(len(o.Message)) + " bytes)"
		}
		size := len(o.Message)
		if o.Error != nil {
			short := *o.Error
			short.Message = strings.ToValidUTF8(short.Message[:min(len(short.Message), longestLine)], "")
			o.Error, size = &short, size+len(short.Message)
		}
		if o.Error == nil && (len(s.Observations) >= mostLines || s.bytes+size > mostSaid) { // why it failed is always told
			s.More++
			continue
		}
		s.bytes += size
		s.Observations = append(s.Observations, o)
	}
}

// hear puts down what a process told of a call.
func (s *Said) hear(res *runner.Result, secrets []string, now time.Time) {
	s.add(action.Observed(res)...)
	if f := res.Failure; f != nil {
		s.add(action.Observation{Kind: "error", At: now, Message: f.Stack, Error: action.FailureOf(action.FailedCode(res))})
	}
	if len(res.Exports) == 0 {
		return
	}
	raw, err := json.Marshal(res.Exports)
	if err != nil {
		return // it came from JSON
	}
	s.Exports = request.Redact("application/json", raw, true, secret.NewHider(secrets).Text)
}

// size is how much room it takes, in bytes, about.
func (s *Said) size() int {
	if s == nil {
		return 0
	}
	n := s.bytes + 100*len(s.Observations)
	if s.Exports != nil {
		n += len(s.Exports.Text)
	}
	return n
}

// shown is what was logged as the API shows it, for who is told of a failure at once.
func (s *Said) shown() []map[string]any {
	out := make([]map[string]any, 0, len(s.Observations))
	for _, o := range s.Observations {
		line := map[string]any{"k": o.Kind, "ts": o.At.UnixMilli()}
		if o.Message != "" {
			line["msg"] = o.Message
		}
		if o.Error != nil {
			line["err"] = map[string]any{"name": o.Error.Name, "message": o.Error.Message}
		}
		out = append(out, line)
	}
	return out
}

// redact takes out what the project's rules name.
func (s *Said) redact(rules *redact.Rules) {
	if s == nil || rules == nil {
		return
	}
	clean := func(text string) string {
		if len(text) >= longestLine {
			return rules.Head(text)
		}
		return rules.Text(text)
	}
	for i := range s.Observations {
		o := &s.Observations[i]
		o.Message = clean(o.Message)
		if o.Error != nil {
			short := *o.Error
			short.Message = clean(short.Message)
			o.Error = &short
		}
	}
	if s.Exports != nil {
		s.Exports.Text = rules.Text(s.Exports.Text)
	}
}

// redact takes out of a look what the project's rules name.
func (l *Look) redact(rules *redact.Rules) {
	l.Error = rules.Text(l.Error)
	l.Said.redact(rules)
}

// nothing reports whether there is nothing to be kept.
func (s *Said) nothing() bool { return s == nil || len(s.Observations) == 0 && s.Exports == nil }

func associatedLook(lookID string) string { return "trigger_look|" + lookID }

// keepSaid writes down what was logged in looks of triggers that there are, and
// lets go of what is older than the last looks.
func (j *Journal) keepSaid(tx *gorm.DB, of map[string][]Look) error {
	type row struct {
		ID        string
		TriggerID string
		Record    []byte
	}
	var rows []row
	var triggers []string
	for triggerID, looks := range of {
		some := false
		for i := range looks {
			l := &looks[i]
			if l.ID == "" {
				continue
			}
			plain, err := json.Marshal(l.Said)
			if err != nil {
				return fmt.Errorf("encode what a look logged: %w", err)
			}
			sealed, err := j.Box.Seal(plain, associatedLook(l.ID))
			if err != nil {
				return fmt.Errorf("seal what a look logged: %w", err)
			}
			rows, some = append(rows, row{l.ID, triggerID, sealed}), true
		}
		if some {
			triggers = append(triggers, triggerID)
		}
	}
	for _, r := range rows {
		err := tx.Exec("INSERT INTO trigger_look_logs (id, trigger_id, record) SELECT ?, t.id, ? FROM triggers t WHERE t.id = ? FOR KEY SHARE OF t", r.ID, r.Record, r.TriggerID).Error
		if err != nil {
			return fmt.Errorf("write what a look logged: %w", err)
		}
	}
	for _, triggerID := range triggers {
		err := tx.Exec(`DELETE FROM trigger_look_logs WHERE trigger_id = ? AND id NOT IN
			(SELECT l ->> 'id' FROM trigger_looks t, jsonb_array_elements(t.looks) AS l WHERE t.id = ? AND l ->> 'id' IS NOT NULL)`, triggerID, triggerID).Error
		if err != nil {
			return fmt.Errorf("delete what old looks logged: %w", err)
		}
	}
	return nil
}

// Said returns what a component that is code logged in one of a trigger's last looks.
func (s *Service) Said(ctx context.Context, scope tenant.Scope, triggerID, externalUserID, lookID string) (said *Said, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		row, err := db.One[lookLog](tx.Where("id = ? AND trigger_id = ?", lookID, triggerID), ErrNoLook)
		if err != nil {
			return err
		}
		plain, err := s.Box.Open(row.Record, associatedLook(lookID))
		if err != nil {
			return fmt.Errorf("open what look %s logged: %w", lookID, err)
		}
		said = &Said{}
		return json.Unmarshal(plain, said)
	})
	if err != nil {
		return nil, err
	}
	return said, nil
}

type lookLog struct {
	ID        string
	TriggerID string
	Record    []byte
}

// TableName maps the log to its table.
func (lookLog) TableName() string { return "trigger_look_logs" }
