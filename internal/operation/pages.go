package operation

import (
	"context"
	"maps"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/expression"
)

// Bounds of a list.
const (
	defaultMost = 100
	maxMost     = 10_000
	maxPages    = 100
)

// perform makes the calls of a request, one for each page, and returns the last
// answer, and the items of all if it is one with pages.
func (j *Job) perform(ctx context.Context, r *component.Request, known map[string]any) (last *answer, items []any, err error) {
	next, err := j.fill(r, known)
	if err != nil {
		return nil, nil, err
	}
	p := r.Pages
	if p == nil {
		j.again.ask(j.Component, next)
		if last, err = j.call(ctx, r, next, known); err == nil {
			j.again.heard(last)
		}
		return last, nil, err
	}
	wanted, err := j.most(p, known)
	if err != nil {
		return nil, nil, err
	}
	items = []any{}
	asked := map[string]bool{}
	whole := left(ctx)
	begin(p, next, wanted)
	j.again.ask(j.Component, next)
	for page := 0; page < maxPages; page++ {
		if last, err = j.call(ctx, r, next, known); err != nil {
			return nil, nil, err
		}
		all := with(known, last.known())
		got, err := list(p.Items, all)
		if err != nil {
			return nil, nil, err
		}
		if page == 0 {
			j.again.heard(last)
		}
		items = append(items, got...)
		if j.enough(p, all, page, got) || j.again == nil && len(items) >= wanted {
			return last, items[:min(len(items), wanted)], nil
		}
		asked[next.same()] = true
		more := false
		if next, more, err = follow(p, next, all, page, len(items), len(got)); err != nil {
			return nil, nil, err
		}
		if len(items) > wanted || more && (len(items) == wanted || page == maxPages-1 || j.late(ctx, p, whole)) {
			j.beyond(p, len(items), wanted)
			return last, items[:min(len(items), wanted)], nil
		}
		if !more || asked[next.same()] { // an app that names the same page for ever is not asked for ever
			break
		}
	}
	return last, items, nil
}

// one makes the calls of a request and returns what it comes to by default, and
// what is known after it.
func (j *Job) one(ctx context.Context, r *component.Request, known map[string]any) (any, map[string]any, error) {
	last, items, err := j.perform(ctx, r, known)
	if err != nil {
		return nil, nil, err
	}
	all := with(known, last.known())
	if r.Pages != nil {
		all["items"] = items
		return items, all, nil
	}
	return last.body, all, nil
}

// most is how many items are wanted.
func (j *Job) most(p *component.Pages, known map[string]any) (int, error) {
	if p.Most == "" && p.Until != "" && j.again != nil && !j.again.first {
		return mostNew, nil
	}
	if p.Most == "" {
		return defaultMost, nil
	}
	v, err := language.Evaluate(p.Most, known)
	if err != nil {
		return 0, unfilled(err)
	}
	if v == nil {
		return defaultMost, nil
	}
	n, err := strconv.ParseFloat(expression.AsText(v), 64) // numbers come of more than one type
	if err != nil {
		return 0, wrong("input", "The number of items is %s, which is no number.", expression.AsText(v))
	}
	return int(max(1, min(n, maxMost))), nil
}

// begin asks for the first page, as long as is useful.
func begin(p *component.Pages, r *ready, wanted int) {
	if p.Size != nil {
		put(r, p.Size.In, map[string]any{p.Size.Param: min(wanted, p.Size.Max)})
	}
	if p.Page != "" {
		r.ask(map[string]any{p.Page: p.Number(0)})
	}
}

func put(r *ready, in string, values map[string]any) {
	switch in {
	case "json":
		body, ok := r.json.(map[string]any)
		if !ok {
			body = map[string]any{}
			r.json, r.hasJSON = body, true
		}
		maps.Copy(body, values)
	case "form":
		if r.form == nil {
			r.form = map[string]any{}
		}
		maps.Copy(r.form, values)
	default:
		r.ask(values)
	}
}

// follow returns the request for the page after one that was answered.
func follow(p *component.Pages, r *ready, known map[string]any, page, items, got int) (*ready, bool, error) {
	if p.More != "" {
		if more, err := holds(p.More, known); err != nil || !more {
			return r, false, err
		}
	}
	next := r.copied()
	switch {
	case p.Link != "":
		to := linked(known["headers"], p.Link)
		next.target, next.query = to, nil
		return next, to != "", nil
	case p.Page != "":
		next.ask(map[string]any{p.Page: p.Number(page + 1)})
		return next, got > 0, nil
	case p.Offset != "":
		next.ask(map[string]any{p.Offset: items})
		return next, got > 0, nil
	}
	if p.Next.URL != "" {
		to, err := text(p.Next.URL, known)
		next.target, next.query = to, nil
		return next, to != "", err
	}
	for in, wanted := range map[string]map[string]any{"query": p.Next.Query, "json": p.Next.JSON, "form": p.Next.Form} {
		values, err := fills(wanted, known)
		if err != nil {
			return nil, false, err
		}
		for k := range wanted {
			if v := values[k]; v == nil || v == "" {
				return next, false, nil
			}
		}
		if len(values) > 0 {
			put(next, in, values)
		}
	}
	return next, true, nil
}

// linked returns where a Link header's relation leads (RFC 8288), or "".
func linked(headers any, rel string) string {
	h, _ := headers.(map[string]any)
	for link := range strings.SplitSeq(expression.AsText(h["link"]), ",") {
		target, params, ok := strings.Cut(link, ">")
		_, target, there := strings.Cut(target, "<")
		if !ok || !there {
			continue
		}
		for param := range strings.SplitSeq(params, ";") {
			name, v, _ := strings.Cut(strings.TrimSpace(param), "=")
			if strings.EqualFold(name, "rel") && strings.Trim(v, `"`) == rel {
				return target
			}
		}
	}
	return ""
}
