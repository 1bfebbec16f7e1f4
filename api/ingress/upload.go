package ingress

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/stash"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	maxUpload = stash.MaxFile + maxBody // bytes of a request whose files are kept
	maxParts  = 200                     // of a form
)

var (
	errUpload = fault.New(fault.TooLarge, "body_too_large", "The body is larger than %d bytes.", maxUpload)
	errForm   = fault.New(fault.Invalid, "form", "The form cannot be read, or has more than %d parts.", maxParts)
)

// upload is a request whose files, or whose whole body, are kept beside its event.
type upload struct {
	s     *Server
	c     *gin.Context
	scope tenant.Scope
	user  string
	stash string
	known hash.Hash // by which the request is known again, whatever parts its body into
	files int
}

// readFor is read for a workflow: the files of a form are kept in the stash, and so is
// the whole body where the caller asks for that. What is verified by its signature is
// read whole.
func (s *Server) readFor(c *gin.Context, scope tenant.Scope, workflowID, user string) (*inbound.Request, error) {
	kind, params, _ := mime.ParseMediaType(c.GetHeader("Content-Type"))
	whole := c.GetHeader("X-Pd-Upload-Body") == "1" || c.Query("pipedream_upload_body") == "1"
	if !whole && kind != "multipart/form-data" {
		return s.read(c)
	}
	if verified, err := s.Runs.Verifies(c.Request.Context(), scope, workflowID); err != nil || verified {
		if err != nil {
			return nil, err
		}
		return s.read(c)
	}
	u := &upload{s: s, c: c, scope: scope, user: user, stash: stash.New, known: sha256.New()}
	body := http.MaxBytesReader(c.Writer, c.Request.Body, maxUpload)
	var shown map[string]any
	var err error
	if whole {
		shown, err = u.whole(body)
	} else {
		shown, err = u.form(multipart.NewReader(body, params["boundary"]))
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, errUpload
	}
	if err != nil {
		return nil, err
	}
	r := &inbound.Request{Method: c.Request.Method, URL: s.address(c.Request), Header: c.Request.Header, Body: []byte(hex.EncodeToString(u.known.Sum(nil)))}
	r.Show(shown)
	return r, nil
}

// whole keeps the body as a file.
func (u *upload) whole(body io.Reader) (map[string]any, error) {
	f, err := u.keep("body", u.c.GetHeader("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	f["raw_body_url"] = f["url"]
	delete(f, "url")
	delete(f, "name")
	return f, nil
}

// form takes a form in: its texts as they are, its files as where they lie. Of several
// with a name there is a list.
func (u *upload) form(parts *multipart.Reader) (map[string]any, error) {
	out, left := map[string]any{}, int64(maxBody)
	for n := 0; ; n++ {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) && n > 0 {
			return out, nil
		}
		if err != nil || n >= maxParts {
			return nil, broken(err)
		}
		name, value := clean(p.FormName()), any(nil)
		_, _ = fmt.Fprintf(u.known, "%q %q\n", name, p.FileName()) // never fails
		if p.FileName() != "" {
			value, err = u.keep(p.FileName(), p.Header.Get("Content-Type"), p)
		} else {
			var raw []byte
			if raw, err = io.ReadAll(io.LimitReader(p, left+1)); err == nil && int64(len(raw)) > left {
				err = errTooLarge
			}
			left -= int64(len(raw))
			_, _ = u.known.Write(raw) // as above
			value = clean(string(raw))
		}
		if err != nil {
			return nil, broken(err)
		}
		switch before := out[name].(type) {
		case nil:
			out[name] = value
		case []any:
			out[name] = append(before, value)
		default:
			out[name] = []any{before, value}
		}
	}
}

// broken is errForm, unless an error says more.
func broken(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return errForm.Because(err)
}

// keep keeps a file, and says where.
func (u *upload) keep(name, kind string, from io.Reader) (map[string]any, error) {
	name = fileName(name)
	u.files++
	f, err := u.s.Stash.Put(u.c.Request.Context(), u.scope, u.user, u.stash, fmt.Sprintf("%d/%s", u.files, name), kind, io.TeeReader(from, u.known))
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	u.stash = f.StashID
	url, err := u.s.Stash.LongLink(u.scope, f)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	return map[string]any{"name": name, "content_type": f.ContentType, "size": f.Size, "file_id": f.ID, "url": url, "expires_at": f.ExpiresAt.UTC().Format(time.RFC3339)}, nil
}

// fileName is what a file is called: by a name that leads nowhere.
func fileName(said string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, clean(said))
	if name == "" || name == "." || name == ".." || len(name) > 200 {
		return "file"
	}
	return name
}

// clean makes of a text one that a database takes.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
