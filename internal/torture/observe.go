package torture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// expire ends every token at once.
func (l *lab) expire(ctx context.Context) error {
	return l.exec(ctx, "UPDATE credentials SET expires_at = clock_timestamp() - interval '1 second', next_refresh_at = clock_timestamp() - interval '1 second' WHERE NOT dead")
}

// outlast lets the leases of the dead run out, and the rest after it.
func (l *lab) outlast(ctx context.Context, p *process) error {
	if err := l.exec(ctx, "UPDATE credentials SET lease_until = clock_timestamp() - interval '1 second' WHERE lease_until IS NOT NULL"); err != nil {
		return err
	}
	if err := p.run(ctx, command{Do: "sweep"}); err != nil { // takes back
		return err
	}
	return l.exec(ctx, "UPDATE credentials SET next_refresh_at = clock_timestamp() WHERE lease_until IS NULL AND NOT dead AND next_refresh_at IS NOT NULL AND failures > 0")
}

// state is an account as the database has it.
func (l *lab) state(ctx context.Context, accountID string) (state, cause, token string, err error) {
	a, err := l.accounts.GetRevealed(ctx, l.scope, accountID)
	if err != nil {
		return "", "", "", err
	}
	if a.Cause != nil {
		cause = string(*a.Cause)
	}
	text, _ := a.Revealed["oauth_access_token"].(string)
	return a.State(), cause, text, nil
}

// works reports whether the provider takes an account's token.
func (l *lab) works(ctx context.Context, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.demoURL+"/api/me", http.NoBody)
	if err != nil {
		return err //nolint:wrapcheck // our own address
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err //nolint:wrapcheck // see above
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the provider answers the token with %d", res.StatusCode)
	}
	return nil
}

// healthy wants an account whose token works.
func (l *lab) healthy(ctx context.Context, accountID string) error {
	state, cause, token, err := l.state(ctx, accountID)
	switch {
	case err != nil:
		return err
	case state != "healthy":
		return fmt.Errorf("the account is %s (%s), want healthy", state, cause)
	}
	return l.works(ctx, token)
}

// logs is what the processes wrote.
func (l *lab) logs() string {
	var all strings.Builder
	for i, p := range l.procs {
		fmt.Fprintf(&all, "process %d:\n%s\n", i+1, p.log)
	}
	return all.String()
}

// leaks looks for secrets in what the processes wrote and in the names of the spool.
func (l *lab) leaks() error {
	var texts []string
	for _, p := range l.procs {
		texts = append(texts, p.log.String())
	}
	names, err := filepath.Glob(filepath.Join(l.dir, "*", "*"))
	if err != nil {
		return err //nolint:wrapcheck // a pattern of our own
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err == nil {
			texts = append(texts, name, string(b))
		}
	}
	all := strings.Join(texts, "\n")
	var found error
	l.secrets.Range(func(k, _ any) bool {
		if s, _ := k.(string); strings.Contains(all, s) {
			found = errors.New("a secret lies in the clear in a log, a file or its name")
		}
		return found == nil
	})
	for _, prefix := range []string{"acme_at_", "acme_rt_"} {
		if strings.Contains(all, prefix) {
			found = errors.New("a token lies in the clear in a log, a file or its name")
		}
	}
	return found
}

// fingerprint tells tokens apart without showing them.
func fingerprint(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:6])
}
