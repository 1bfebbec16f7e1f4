package ingress

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

var errOrigin = fault.New(fault.Forbidden, "origin_not_allowed", "This workflow takes no calls from pages of your origin.")

// exposed are the headers of ours that pages may read.
const exposed = "X-Patchbay-Run-Id, Location, Retry-After, Idempotency-Replayed"

// open lets pages of any origin call, and read what is answered. No cookie counts
// here, so that no page can do what its visitor's other tabs could.
func open(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", "*")
	c.Header("Access-Control-Expose-Headers", exposed)
}

// cross lets the pages call that an address is for.
func cross(c *gin.Context, to *workflow.CORS) error {
	origin := c.GetHeader("Origin")
	if to == nil || slices.Contains(to.Origins, "*") && len(to.Headers) == 0 && to.MaxAge == 0 {
		return nil
	}
	c.Header("Vary", "Origin")
	if origin != "" && !to.Admits(origin) {
		c.Writer.Header().Del("Access-Control-Allow-Origin")
		return errOrigin
	}
	if origin != "" {
		c.Header("Access-Control-Allow-Origin", origin)
	}
	if len(to.Headers) > 0 {
		c.Header("Access-Control-Allow-Headers", strings.ToLower(strings.Join(to.Headers, ", ")))
	}
	if to.MaxAge > 0 {
		c.Header("Access-Control-Max-Age", strconv.Itoa(to.MaxAge))
	}
	return nil
}

// preflight answers a browser that asks whether a page may call, and reports whether
// one did. Any other OPTIONS is a call.
func preflight(c *gin.Context) bool {
	if c.Request.Method != http.MethodOptions || c.GetHeader("Access-Control-Request-Method") == "" {
		return false
	}
	h := c.Writer.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS")
	if h.Get("Access-Control-Allow-Headers") == "" {
		h.Set("Access-Control-Allow-Headers", strings.ToLower(c.GetHeader("Access-Control-Request-Headers")))
	}
	c.Status(http.StatusNoContent)
	return true
}
