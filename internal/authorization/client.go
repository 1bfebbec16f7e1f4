package authorization

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/egress"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
)

const (
	largest    = 16 << 10 // bytes of a metadata document
	mostURIs   = 20
	longestURI = 2000
	mostKept   = 1000 // documents that a process remembers
	leastFresh = time.Minute
	mostFresh  = 24 * time.Hour
	unused     = 90 * 24 * time.Hour // then a client that registered itself goes
)

// Client is a program that wants to act for users. It keeps no secret.
type Client struct {
	ID           string
	Name         string
	Host         string   `gorm:"-"` // that answers for it; "" = nobody does: it registered itself
	RedirectURIs []string `gorm:"column:redirect_uris;serializer:json"`
	CreatedAt    time.Time
	UsedAt       time.Time
}

// TableName maps the noun to its table.
func (Client) TableName() string { return "mcp_clients" }

// Metadata is what a client says of itself, in a document (CIMD) or when it registers.
type Metadata struct {
	ClientID      string   `json:"client_id"`
	ClientName    string   `json:"client_name"`
	RedirectURIs  []string `json:"redirect_uris"`
	AuthMethod    string   `json:"token_endpoint_auth_method"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	Secret        string   `json:"client_secret"`
}

// document is a client's metadata document as it was fetched.
type document struct {
	client *Client
	until  time.Time
}

// kept are the documents that this process remembers.
func (s *Service) kept() *lru.Cache[string, document] {
	s.once.Do(func() { s.documents, _ = lru.New[string, document](mostKept) }) // fails for a size below one
	return s.documents
}

// client finds a client by its id: an address of a document, or what we gave it
// when it registered.
func (s *Service) client(ctx context.Context, clientID, address string) (*Client, error) {
	if !strings.Contains(clientID, "://") {
		return s.registered(ctx, clientID)
	}
	now := s.Now()
	if d, ok := s.kept().Get(clientID); ok && now.Before(d.until) {
		return d.client, nil
	}
	host, err := s.documentURL(clientID)
	if err != nil {
		return nil, err
	}
	// Anybody may have us fetch: so no more than a few, for one caller and from one host.
	for _, key := range []string{"mcp_document:by:" + address, "mcp_document:at:" + host} {
		if err := s.Limits.Take(ctx, key, limit.Rate{Requests: 30, Window: time.Minute}); err != nil {
			return nil, err //nolint:wrapcheck // a fault
		}
	}
	c, fresh, err := s.fetch(ctx, clientID, host)
	if err != nil {
		return nil, err
	}
	s.kept().Add(clientID, document{c, now.Add(fresh)})
	return c, nil
}

func (s *Service) registered(ctx context.Context, clientID string) (c *Client, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if c, err = db.One[Client](tx.Where("id = ?", clientID), ErrClient); err != nil || s.Now().Sub(c.UsedAt) < time.Hour {
			return err
		}
		return tx.Model(&Client{}).Where("id = ?", clientID).UpdateColumn("used_at", s.Now()).Error
	})
	return c, err
}

// documentURL returns the host of a client id that is an address, or why it is none
// (draft-ietf-oauth-client-id-metadata-document, 3).
func (s *Service) documentURL(clientID string) (host string, err error) {
	u, err := url.Parse(clientID)
	switch {
	case err != nil || len(clientID) > longestURI || u.Host == "" || u.User != nil || u.Fragment != "" || strings.Contains(clientID, "#"),
		u.Scheme != "https" && (!s.Local || u.Scheme != "http" || !loopback(u.Hostname())),
		u.Path == "" || u.Path == "/", dotted(u.EscapedPath()):
		return "", ErrClient.Because(fmt.Errorf("client id: %.100q", clientID))
	}
	if err := s.Guard.CheckURL(clientID); err != nil {
		return "", err //nolint:wrapcheck // a fault, whose sentence says why
	}
	return strings.ToLower(u.Host), nil
}

func dotted(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if p, err := url.PathUnescape(part); err != nil || p == "." || p == ".." {
			return true
		}
	}
	return false
}

// fetch reads a client's document, and says how long it may be believed.
func (s *Service) fetch(ctx context.Context, clientID, host string) (*Client, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, clientID, nil)
	if err != nil {
		return nil, 0, ErrClient.Because(err)
	}
	req.Header.Set("Accept", "application/json")
	res, err := s.HTTP.Do(req)
	if err != nil {
		return nil, 0, because("It cannot be read: %s.", egress.Class(err)).Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode != http.StatusOK {
		return nil, 0, because("Its address answered %d.", res.StatusCode)
	}
	if kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, 0, because("It is no JSON.")
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, largest+1))
	if err != nil || len(raw) > largest {
		return nil, 0, because("It cannot be read, or is longer than %d bytes.", largest)
	}
	var m Metadata
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, 0, because("It is no JSON object of client metadata.")
	}
	if m.ClientID != clientID {
		return nil, 0, because("Its client_id is not its own address.")
	}
	if err := m.check(); err != nil {
		return nil, 0, err
	}
	name := label(m.ClientName)
	if name == "" {
		name = host
	}
	return &Client{ID: clientID, Name: name, Host: host, RedirectURIs: m.RedirectURIs}, fresh(res.Header), nil
}

func because(format string, args ...any) *fault.Error {
	out := *ErrDocument
	out.Message = strings.TrimSuffix(out.Message, ".") + ": " + fmt.Sprintf(format, args...)
	return &out
}

// fresh is how long an answer may be believed, by its own word and within bounds.
func fresh(h http.Header) time.Duration {
	out := leastFresh
	for part := range strings.SplitSeq(strings.ToLower(h.Get("Cache-Control")), ",") {
		part = strings.TrimSpace(part)
		if part == "no-store" || part == "no-cache" {
			return leastFresh
		}
		if text, ok := strings.CutPrefix(part, "max-age="); ok {
			if n, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 32); err == nil && n > 0 {
				out = time.Duration(n) * time.Second
			}
		}
	}
	return min(max(out, leastFresh), mostFresh)
}

// check refuses metadata of a client that is not as ours are: public, and with
// addresses that a browser may be sent to.
func (m *Metadata) check() error {
	switch {
	case m.AuthMethod != "" && m.AuthMethod != "none" || m.Secret != "":
		return because("Clients authenticate by none and PKCE here: its token_endpoint_auth_method is another.")
	case len(m.GrantTypes) > 0 && !slices.Contains(m.GrantTypes, "authorization_code"), len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code"):
		return because("It does not name the grant type authorization_code and the response type code.")
	case len(m.RedirectURIs) == 0 || len(m.RedirectURIs) > mostURIs:
		return because("It names no redirect URI, or more than %d.", mostURIs)
	}
	for _, r := range m.RedirectURIs {
		if err := checkRedirect(r); err != nil {
			return err
		}
	}
	return nil
}

var (
	scheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
	banned = []string{"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "ftp", "ws", "wss", "mailto", "tel", "sms", "intent"}
)

// checkRedirect refuses what a browser may not be sent to with a code: https may be
// anywhere, http is on this machine, and what is neither is a program's own scheme.
func checkRedirect(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || len(raw) > longestURI || u.User != nil || u.Fragment != "" || strings.Contains(raw, "#") || strings.ContainsAny(raw, " \t\r\n\\<>\"'`;,*"):
		return ErrRedirect
	case u.Scheme == "https" && u.Host != "", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	case u.Scheme == "https", u.Scheme == "http", !scheme.MatchString(u.Scheme), slices.Contains(banned, u.Scheme):
		return ErrRedirect
	}
	return nil
}

// loopback reports whether a host is this machine (RFC 8252, 7.3 and 8.3).
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// allows reports whether the client is answered at a redirect URI: one of its own,
// letter by letter. Only on the user's own machine may the port be another, since a
// program takes the one that is free (RFC 8252, 7.3).
func (c *Client) allows(redirectURI string) bool {
	if checkRedirect(redirectURI) != nil {
		return false
	}
	if slices.Contains(c.RedirectURIs, redirectURI) {
		return true
	}
	without := func(raw string) (string, bool) {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "http" || !loopback(u.Hostname()) {
			return "", false
		}
		rest, _ := strings.CutPrefix(raw, "http://"+u.Host)
		return strings.TrimSuffix(u.Host, ":"+u.Port()) + rest, true
	}
	want, local := without(redirectURI)
	return local && slices.ContainsFunc(c.RedirectURIs, func(r string) bool {
		have, ok := without(r)
		return ok && have == want
	})
}

// Register takes a client in that says itself who it is (RFC 7591).
func (s *Service) Register(ctx context.Context, m Metadata, address string) (*Client, error) {
	if !s.Open {
		return nil, ErrClosed
	}
	if err := s.Limits.Take(ctx, "mcp_register:"+address, limit.Rate{Requests: 30, Window: time.Hour}); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	m.AuthMethod = "" // the answer says that it is none
	if err := m.check(); err != nil {
		return nil, err
	}
	now := s.Now()
	c := &Client{ID: id.New("mcpc"), Name: label(m.ClientName), RedirectURIs: m.RedirectURIs, CreatedAt: now, UsedAt: now}
	if c.Name == "" {
		c.Name = "MCP client"
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(c).Error; err != nil {
			return fmt.Errorf("insert mcp client: %w", err)
		}
		return nil
	})
	return c, err
}

// label is a name that others gave themselves, as it may be shown: one line, of
// characters that are seen.
func label(text string) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > 80 {
		text = string([]rune(text)[:80]) + "…"
	}
	return text
}
