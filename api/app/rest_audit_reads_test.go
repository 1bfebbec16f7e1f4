package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/audit"
)

// shows reports whether a schema has a property of the name anywhere.
func shows(s *openapi3.SchemaRef, name string, seen map[*openapi3.Schema]bool) bool {
	if s == nil || s.Value == nil || seen[s.Value] {
		return false
	}
	seen[s.Value] = true
	for p, of := range s.Value.Properties {
		if p == name || shows(of, name, seen) {
			return true
		}
	}
	for _, of := range append(append(append(openapi3.SchemaRefs{s.Value.Items}, s.Value.AllOf...), s.Value.OneOf...), s.Value.AnyOf...) {
		if shows(of, name, seen) {
			return true
		}
	}
	return false
}

// Each operation whose answer can hold an account's credentials takes
// include_credentials, and with it leaves an entry for each account that it showed,
// under its request. One that is added is tested without anybody remembering.
func TestEachReadOfCredentialsIsInTheLog(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home.newProject("Read")
	id := w.account(t, "ada")
	found := 0
	for _, op := range everyOperation(t) {
		asks := op.parameters.GetByInAndName("query", "include_credentials") != nil
		can := false
		for status, r := range op.Responses.Map() {
			if strings.HasPrefix(status, "2") {
				for _, m := range r.Value.Content {
					can = can || shows(m.Schema, "credentials", map[*openapi3.Schema]bool{})
				}
			}
		}
		if can != asks && op.method == http.MethodGet {
			t.Errorf("%s can show credentials: %v; takes include_credentials: %v", op.OperationID, can, asks)
		}
		if !asks {
			continue
		}
		found++
		at := strings.NewReplacer("{project_id}", w.project, "{account_id}", id, "{external_user_id}", "ada").Replace(op.path)
		r := w.call(t, op.method, "/v1"+at+"?include_credentials=true", "").is(t, http.StatusOK)
		if !strings.Contains(r.Body, `"credentials"`) {
			t.Errorf("%s showed none: %s", op.OperationID, r.Body)
		}
		var n int
		if err := g.asOwner(t, func(c *pgx.Conn) error {
			return c.QueryRow(t.Context(), "SELECT count(*) FROM audit_log WHERE request_id = $1 AND action = $2 AND subject = $3", r.Header.Get("X-Request-Id"), audit.CredentialsRead, id).Scan(&n)
		}); err != nil || n != 1 {
			t.Errorf("%s left %d entries: %v", op.OperationID, n, err)
		}
	}
	if found < 3 {
		t.Errorf("%d operations that show credentials, and there were 3", found)
	}
}
