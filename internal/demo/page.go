package demo

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
)

// shown is how many contacts of a person the home page lists.
const shown = 8

//go:embed pages
var pageFiles embed.FS

var pages = func() map[string]*template.Template {
	out := map[string]*template.Template{}
	for _, name := range []string{"home", "consent", "keys", "error"} {
		out[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html"))
	}
	return out
}()

// page writes a page. Its policy names no form-action on purpose: browsers apply
// that to the redirect after a form too, and the consent form ends at the client.
func (s *Server) page(w http.ResponseWriter, status int, name, title string, body any) {
	nonce := rand.Text()
	var b bytes.Buffer
	err := pages[name].ExecuteTemplate(&b, "layout", map[string]any{"Nonce": nonce, "Title": title, "Body": body})
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // nobody is left to tell
}

// errorPage says that a request made no sense; nothing was done.
func (s *Server) errorPage(w http.ResponseWriter, text string) {
	s.page(w, http.StatusBadRequest, "error", "Something is not right", text)
}

// person is what a page shows of somebody.
type person struct {
	ID, Name, Email, Organisation, Initials string
	First                                   bool // preselected
	Contacts                                []Contact
	All, Deals, Notes                       int
}

func (s *Server) people() []person {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]person, 0, len(s.accounts))
	for i, a := range s.accounts {
		all := a.contacts.newest()
		out = append(out, person{
			ID: a.ID, Name: a.Name, Email: a.Email, Organisation: a.Organisation, First: i == 0,
			Initials: initials(a.Name), Contacts: all[:min(len(all), shown)],
			All: len(all), Deals: len(a.deals.rows), Notes: len(a.notes.rows),
		})
	}
	return out
}

func initials(name string) string {
	out, start := "", true
	for _, r := range name {
		if start {
			out += string(r)
		}
		start = r == ' '
	}
	return out
}

func (s *Server) homePage(w http.ResponseWriter, _ *http.Request) {
	s.page(w, http.StatusOK, "home", "Everyone you do business with", s.people())
}

func (s *Server) keysPage(w http.ResponseWriter, _ *http.Request) {
	s.page(w, http.StatusOK, "keys", "API keys", map[string]any{"People": s.people(), "Demo": DemoKey})
}

func (s *Server) createKeyPage(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		s.errorPage(w, "The form cannot be read.")
		return
	}
	key, name := s.newKey(r.PostForm.Get("user"))
	if key == "" {
		s.errorPage(w, "Choose whose key it shall be.")
		return
	}
	s.page(w, http.StatusCreated, "keys", "Your new API key", map[string]any{
		"People": s.people(), "Demo": DemoKey, "Key": key, "Owner": name,
	})
}

func (s *Server) createKey(w http.ResponseWriter, r *http.Request) {
	var in struct {
		User string `json:"user"`
	}
	if err := readJSON(w, r, &in); err != nil {
		writeProblem(w, err)
		return
	}
	key, _ := s.newKey(in.User)
	if key == "" {
		writeProblem(w, invalid("user", "user must be "+Ada+" or "+Grace))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusCreated, map[string]string{"key": key})
}

// newKey makes a key with every scope, and returns it with its owner's name;
// "" when there is no such person.
func (s *Server) newKey(userID string) (key, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(userID)
	if a == nil {
		return "", ""
	}
	key = random("acme_", 20)
	s.keys.put(key, &ticket{account: a, scopes: allScopes()})
	return key, a.Name
}
