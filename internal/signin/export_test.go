package signin

import (
	"context"
	"time"
)

// Limits that tests go beyond.
const (
	SessionIdle = sessionIdle
	SessionLife = sessionLife
	LinkLife    = linkLife
	ProofLife   = proofLife
)

// Words for tests of rules.
var Waits = map[string]func(int) time.Duration{"email": ofEmail.wait, "address": ofAddress.wait, "device": ofDevice.wait}

// Delivered waits for what was sent behind its maker's back.
func (s *Service) Delivered() { s.post.all.Wait() }

// Tried counts an attempt from an address.
func (s *Service) Tried(ctx context.Context, address string) error {
	return s.tries().begin(ctx, ofAddress.of("address", address))
}
