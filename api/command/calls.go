package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/patchbay-dev/patchbay/internal/remote"
)

// call is a command that is one operation of the API.
type call struct {
	use, short, long, example string

	method, path string // "" = GET; {p} is the project, {} the next argument
	query        []param
	table        string // of a list, or of the list that lies in an answer
	list         bool   // in pages
	in           string // what is shown lies there in the answer, such as "data"
	ask          string // before it is done; %s is the argument
	done         string // what is said when it is

	body   func(cmd *cobra.Command, args []string) (any, error)
	flags  func(cmd *cobra.Command)                            // declares those that are no parameters
	after  func(cmd *cobra.Command)                            // says more of those that are
	unless func(now time.Time) map[string]string               // parameters that are not given
	show   func(cmd *cobra.Command, raw json.RawMessage) error // what came back, in a way of its own
}

// param is a flag that becomes a parameter of the query.
type param struct{ flag, name, says string }

// Parameters that many lists have.
var (
	byUser   = param{"user", "external_user_id", "of one user, by your own `ID`"}
	byApp    = param{"app", "app", "of one app, by its `SLUG`"}
	bySince  = param{"since", "since", "not before this `TIME`, such as 2026-01-31T00:00:00Z"}
	byUntil  = param{"until", "until", "before this `TIME`"}
	bySearch = param{"search", "q", "that have this `TEXT` in their name"}
)

// mostOfPage is how many elements the API gives at once.
const mostOfPage = 1000

// command makes a command of a call.
func (p *Program) command(c call) *cobra.Command {
	n := strings.Count(c.path, "{}")
	cmd := &cobra.Command{Use: c.use, Short: c.short, Long: c.long, Example: c.example, Args: words(n, n)}
	if c.flags != nil {
		c.flags(cmd)
	}
	for _, q := range c.query {
		if cmd.Flags().Lookup(q.flag) == nil {
			cmd.Flags().String(q.flag, "", q.says)
		}
		if q.name == "app" {
			completes(cmd, q.flag, p.completeApps)
		}
	}
	if c.list {
		cmd.Flags().Int("limit", 50, "at most so many")
		cmd.Flags().Bool("all", false, "all of them")
		cmd.Flags().Bool("jsonl", false, "a line of JSON for each")
	}
	cmd.Flags().Bool("json", false, "the answer of the API, as JSON")
	if c.ask != "" {
		cmd.Flags().BoolP("yes", "y", false, "do not ask")
	}
	if strings.Contains(c.path, "{p}") {
		p.at(cmd)
	} else {
		p.who(cmd)
	}
	if c.after != nil {
		c.after(cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.call(cmd, c, args) }
	return cmd
}

func (p *Program) call(cmd *cobra.Command, c call, args []string) error {
	to, _, err := p.place(cmd)
	if err != nil {
		return err
	}
	if strings.Contains(c.path, "{p}") {
		if err := to.needsProject(cmd); err != nil {
			return err
		}
	}
	var in any
	if c.body != nil {
		if in, err = c.body(cmd, args); err != nil {
			return err
		}
	}
	server, err := to.server()
	if err != nil {
		return err
	}
	if err := p.beforeCredentials(cmd); err != nil {
		return err
	}
	if c.ask != "" {
		if err := p.confirms(cmd, fmt.Sprintf(c.ask, strings.Join(args, " "))); err != nil {
			return err
		}
	}
	q := url.Values{}
	if c.unless != nil {
		for name, v := range c.unless(p.Now()) {
			q.Set(name, v)
		}
	}
	for _, one := range c.query {
		if v := given(cmd, one.flag); v != "" && v != "false" {
			q.Set(one.name, v)
		}
	}
	path := filled(c.path, to.project, args)
	if c.list {
		return p.pages(cmd, c, server, to, path, q)
	}
	var raw json.RawMessage
	if err := server.Call(cmd.Context(), either(c.method, http.MethodGet), withQuery(path, q), to.header(), in, &raw); err != nil {
		return err
	}
	return p.answer(cmd, c, raw, args)
}

// filled puts the project and arguments into a path.
func filled(path, project string, args []string) string {
	path = strings.ReplaceAll(path, "{p}", url.PathEscape(project))
	for _, arg := range args {
		path = strings.Replace(path, "{}", url.PathEscape(arg), 1)
	}
	return path
}

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// answer shows what came back.
func (p *Program) answer(cmd *cobra.Command, c call, raw json.RawMessage, args []string) error {
	switch {
	case len(raw) == 0 && given(cmd, "json") == "true":
		return p.writeRaw([]byte("{}"))
	case len(raw) == 0 && strings.Contains(c.done, "%s"):
		_, err := fmt.Fprintf(p.Out, c.done+"\n", args[0])
		return err //nolint:wrapcheck // standard output
	case len(raw) == 0:
		_, err := fmt.Fprintln(p.Out, either(c.done, "Done."))
		return err //nolint:wrapcheck // standard output
	case given(cmd, "json") == "true":
		return p.writeRaw(raw)
	}
	if c.show != nil {
		return c.show(cmd, raw)
	}
	v, err := decoded(raw)
	if err != nil {
		return err
	}
	if m, ok := v.(map[string]any); ok && c.in != "" {
		v = m[c.in]
	}
	if list, ok := v.([]any); ok && c.table != "" {
		return p.rows(c, list, len(list), false)
	}
	return p.screen().fields(flat(v, ""))
}

// writeRaw writes JSON as the API gave it, indented.
func (p *Program) writeRaw(raw []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	b.WriteByte('\n')
	_, err := p.Out.Write(b.Bytes())
	return err //nolint:wrapcheck // standard output
}

func (p *Program) rows(c call, rows []any, total int, more bool) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(p.Err, "There are none.")
		return err //nolint:wrapcheck // standard error
	}
	if err := p.screen().table(columns(c.table), rows); err != nil {
		return err
	}
	if more {
		_, _ = fmt.Fprintf(p.Err, "%d of %d. --all shows the rest.\n", len(rows), total)
	}
	return nil
}

// listed is a page of a list.
type listed struct {
	Data []json.RawMessage `json:"data"`
	Info struct {
		Total int     `json:"total_count"`
		Count int     `json:"count"`
		Start *string `json:"start_cursor"`
		End   *string `json:"end_cursor"`
	} `json:"page_info"`
}

// pages gathers a list, as much of it as was asked for.
func (p *Program) pages(cmd *cobra.Command, c call, server *remote.Client, to *place, path string, q url.Values) error {
	most, err := strconv.Atoi(given(cmd, "limit"))
	if err != nil || most < 1 {
		return wrong(cmd, "--limit is %s, want 1 or more.", given(cmd, "limit"))
	}
	all := given(cmd, "all") == "true"
	whole := listed{Data: []json.RawMessage{}}
	for first := true; first || all || len(whole.Data) < most; first = false {
		n := mostOfPage
		if !all {
			n = min(n, most-len(whole.Data))
		}
		q.Set("limit", strconv.Itoa(n))
		var page listed
		if err := server.Call(cmd.Context(), http.MethodGet, withQuery(path, q), to.header(), nil, &page); err != nil {
			return err
		}
		whole.Data = append(whole.Data, page.Data...)
		if first {
			whole.Info.Start = page.Info.Start
		}
		whole.Info.Total, whole.Info.End, whole.Info.Count = page.Info.Total, page.Info.End, len(whole.Data)
		after := page.Info.End
		if after == nil || *after == "" || *after == q.Get("after") || len(page.Data) < n {
			break
		}
		q.Set("after", *after)
	}
	return p.showList(cmd, c, &whole)
}

func (p *Program) showList(cmd *cobra.Command, c call, whole *listed) error {
	if given(cmd, "jsonl") == "true" {
		for _, one := range whole.Data {
			if err := p.line(one); err != nil {
				return err
			}
		}
		return nil
	}
	if given(cmd, "json") == "true" {
		raw, err := json.Marshal(whole)
		if err != nil {
			return fmt.Errorf("encode list: %w", err)
		}
		return p.writeRaw(raw)
	}
	rows := make([]any, len(whole.Data))
	for i, one := range whole.Data {
		v, err := decoded(one)
		if err != nil {
			return err
		}
		rows[i] = v
	}
	return p.rows(c, rows, whole.Info.Total, whole.Info.Total > len(rows))
}

// line writes JSON on one line.
func (p *Program) line(raw []byte) error {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	b.WriteByte('\n')
	_, err := p.Out.Write(b.Bytes())
	return err //nolint:wrapcheck // standard output
}

// object reads a flag that is a JSON object, @FILE with one, or - for what comes in.
func (p *Program) object(cmd *cobra.Command, flag string) (map[string]any, error) {
	raw, err := p.data(given(cmd, flag))
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	if len(bytes.TrimSpace(raw)) == 0 {
		return out, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&out); err != nil || out == nil || d.More() {
		if err == nil {
			err = errors.New("it is no object")
		}
		return nil, wrong(cmd, "--%s is no JSON object: %s.", flag, err)
	}
	return out, nil
}

// data is a text, the content of @FILE, or what comes in for -.
func (p *Program) data(text string) ([]byte, error) {
	name, isFile := strings.CutPrefix(text, "@")
	switch {
	case text == "-" && p.In != nil:
		b, err := io.ReadAll(p.In)
		if err != nil {
			return nil, fmt.Errorf("read what comes in: %w", err)
		}
		return b, nil
	case isFile:
		b, err := os.ReadFile(name) //nolint:gosec // the file that the caller names
		if err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		return b, nil
	}
	return []byte(text), nil
}

// ask makes a call of its own for a command that does more than one.
func ask[T any](ctx context.Context, s *remote.Client, to *place, method, path string, in any) (out T, err error) {
	err = s.Call(ctx, method, path, to.header(), in, &out)
	return out, err
}
