package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/command"
)

// The command says what would happen, then does it, then finds nothing to do;
// what it cannot import it names by its line.
func TestAccountsImportCommand(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	file := filepath.Join(t.TempDir(), "old.jsonl")
	content := `{"external_user_id":"ada","app":"acme_crm_key","fields":{"api_key":"acme_s3cret"}}` + "\n{\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ flag, says string }{{"--dry-run", "1 valid, 1 failed"}, {"--format=jsonl", "1 imported, 1 failed"}, {"--format=jsonl", "1 skipped, 1 failed"}} {
		var out bytes.Buffer
		err := g.typed(t.Context(), g.config, &out, io.Discard, "accounts", "import", file, "--project", w.project, "--environment", w.environment, tt.flag)
		if err == nil || !strings.Contains(out.String(), tt.says) || !strings.Contains(out.String(), "line 2: ") || strings.Contains(out.String(), "s3cret") {
			t.Fatalf("%s: %v\n%s", tt.flag, err, out.String())
		}
	}
	if r := w.call(t, http.MethodGet, "/v1/connect/{p}/accounts", "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != 1.0 {
		t.Fatal(r.Body)
	}
	for _, args := range [][]string{{"import"}, {"import", file}, {"import", file, "--project", w.project, "--environment", "staging"}, {"export", file}} {
		if err := g.typed(t.Context(), g.config, io.Discard, io.Discard, append([]string{"accounts"}, args...)...); !errors.Is(err, command.ErrUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
