package patchbay

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
)

// PageInfo is where a page is in its list.
type PageInfo struct {
	TotalCount  int     `json:"total_count"`
	Count       int     `json:"count"`
	StartCursor *string `json:"start_cursor"`
	EndCursor   *string `json:"end_cursor"`
}

// Page is one page of a list.
type Page[T any] struct {
	Data     []T      `json:"data"`
	PageInfo PageInfo `json:"page_info"`
	next     func(ctx context.Context, after string) (*Page[T], error)
}

// HasNext reports whether there is a page after this one.
func (p *Page[T]) HasNext() bool { return p.PageInfo.EndCursor != nil && *p.PageInfo.EndCursor != "" }

// Next returns the page after this one, or nil at the end.
func (p *Page[T]) Next(ctx context.Context) (*Page[T], error) {
	if !p.HasNext() {
		return nil, nil
	}
	return p.next(ctx, *p.PageInfo.EndCursor)
}

func list[T any](ctx context.Context, c *caller, r route, req any, opts []CallOption) (*Page[T], error) {
	p, err := one[*Page[T]](ctx, c, r, req, opts)
	if err != nil {
		return nil, err
	}
	if p == nil {
		p = &Page[T]{}
	}
	p.next = func(ctx context.Context, after string) (*Page[T], error) {
		asked, err := following(req, after)
		if err != nil {
			return nil, err
		}
		next, err := list[T](ctx, c, r, asked, opts)
		if err == nil && next.HasNext() && *next.PageInfo.EndCursor == after {
			next.PageInfo.EndCursor = nil // a server that names the same place again would be asked for ever
		}
		return next, err
	}
	return p, nil
}

// following is a request for the page after a place.
func following(req any, after string) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("patchbay: encode the request: %w", err)
	}
	asked := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &asked); err != nil {
		return nil, fmt.Errorf("patchbay: encode the request: %w", err)
	}
	delete(asked, "before")
	asked["after"], err = json.Marshal(after)
	return asked, err
}

// all goes through a list, page by page; what fails is the last that it gives.
func all[T any](ctx context.Context, c *caller, r route, req any, opts []CallOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		p, err := list[T](ctx, c, r, req, opts)
		for ; err == nil && p != nil; p, err = p.Next(ctx) {
			for _, item := range p.Data {
				if !yield(item, nil) {
					return
				}
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}
