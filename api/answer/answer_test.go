package answer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// An error becomes a status, a stable code and a sentence; a database that is
// away is worth another try, and says when; what is our own fault tells nothing.
func TestError(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err              error
		status           int
		code, retryAfter string
	}{
		"a fault":                  {fault.New(fault.Conflict, "taken", "It is taken."), http.StatusConflict, "taken", ""},
		"a database that is away":  {fmt.Errorf("load: %w", db.ErrAway.Because(errors.New("refused"))), http.StatusServiceUnavailable, "database_unavailable", "2"},
		"something unforeseen":     {errors.New("a secret"), http.StatusInternalServerError, "internal", ""},
		"an address that is none":  {answer.ErrUnknownRoute, http.StatusNotFound, "unknown_route", ""},
		"a fault behind an error":  {fmt.Errorf("write: %w", fault.New(fault.Invalid, "name", "No.")), http.StatusBadRequest, "name", ""},
		"a fault because of other": {fault.New(fault.Forbidden, "no", "No.").Because(errors.New("a secret")), http.StatusForbidden, "no", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := answer.Engine("test", telemetry.NewMetrics(), nil)
			g.GET("/", func(c *gin.Context) { answer.Error(c, tt.err) })
			w := httptest.NewRecorder()
			g.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
			var body answer.Body
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || body.Code != tt.code || body.Error == "" || body.Error == "a secret" || w.Header().Get("Retry-After") != tt.retryAfter {
				t.Errorf("%d %v %+v", w.Code, w.Header(), body)
			}
			if body.Details["request_id"] != w.Header().Get("X-Request-Id") {
				t.Errorf("the request's id is not told: %+v", body)
			}
		})
	}
}
