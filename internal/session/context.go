package session

import "context"

type key struct{}

// With returns a context whose work belongs to a session.
func With(ctx context.Context, sessionID string) context.Context {
	return context.WithValue(ctx, key{}, sessionID)
}

// Of returns the session that the context's work belongs to; "" = none.
func Of(ctx context.Context) string {
	v, _ := ctx.Value(key{}).(string)
	return v
}
