package torture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/demo"
)

func stopped(ctx context.Context, l *lab) (string, error) {
	l.grace = "10m"
	l.acme.SetFaults(demo.Faults{ReuseGrace: 10 * time.Minute})
	procs, err := l.workers(ctx, 2, nil)
	if err != nil {
		return "", err
	}
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	one, two := procs[0], procs[1]
	// Stopped while its request is under way: another goes on after its lease, and its late answer is fenced.
	arrived, release := l.seen.holdBack()
	defer release()
	if err := errors.Join(l.expire(ctx), one.send(command{Do: "fresh", Account: a.ID})); err != nil {
		return "", err
	}
	<-arrived
	if err := one.signal(syscall.SIGSTOP); err != nil {
		return "", err
	}
	release()
	time.Sleep(5 * beat) // the provider ends what it was asked
	if err := errors.Join(l.outlast(ctx, two), two.run(ctx, command{Do: "fresh", Account: a.ID})); err != nil {
		return "", err
	}
	_, _, token, err := l.state(ctx, a.ID)
	if err != nil {
		return "", err
	}
	if err := one.signal(syscall.SIGCONT); err != nil {
		return "", err
	}
	if _, err := one.read(ctx); err != nil {
		return "", err
	}
	if _, _, now, err := l.state(ctx, a.ID); err != nil || now != token {
		return "", errors.Join(err, errors.New("a late answer replaced the token"))
	}
	if _, _, overlaps := l.seen.count(); overlaps > 0 {
		return "", fmt.Errorf("%d requests for one token overlapped", overlaps)
	}
	// Stopped before it sent: it does not send when it wakes after its time.
	before, _, _ := l.seen.count()
	if err := errors.Join(l.expire(ctx), one.until(ctx, account.StepClaimed, command{Do: "fresh", Account: a.ID})); err != nil {
		return "", err
	}
	if err := one.signal(syscall.SIGSTOP); err != nil {
		return "", err
	}
	time.Sleep(21 * time.Second) // longer than a request may take
	if err := errors.Join(one.signal(syscall.SIGCONT), one.send(command{Do: "go"})); err != nil {
		return "", err
	}
	time.Sleep(10 * beat)
	if total, _, _ := l.seen.count(); total != before {
		return "", errors.New("a process that slept past its deadline sent its request")
	}
	return "stopped while asked, and before it asked", nil
}

// killed ends a process at each step, for a provider that takes a token once
// and for one that forgives.
func killed(ctx context.Context, l *lab) (string, error) {
	outcomes := ""
	for _, grace := range []time.Duration{0, time.Hour} {
		l.grace = map[bool]string{true: "1h"}[grace > 0]
		l.acme.SetFaults(demo.Faults{ReuseGrace: grace})
		for _, step := range []string{account.StepClaimed, "in flight", account.StepAnswered, account.StepSpooled, account.StepCommitted} {
			got, err := l.killAt(ctx, step)
			if err != nil {
				return "", fmt.Errorf("killed when %s, with a grace of %s: %w", step, grace, err)
			}
			lost := grace == 0 && (step == "in flight" || step == account.StepAnswered)
			if want := map[bool]string{true: "dead lost_rotation", false: "healthy "}[lost]; got != want {
				return "", fmt.Errorf("killed when %s, with a grace of %s: the account is %q, want %q", step, grace, got, want)
			}
			outcomes += map[bool]string{true: "lost, and told", false: "kept"}[lost] + " · "
		}
	}
	return "claimed, in flight, answered, spooled, committed; without and with grace: " + outcomes, nil
}

func (l *lab) killAt(ctx context.Context, step string) (string, error) {
	if err := l.exec(ctx, "DELETE FROM accounts"); err != nil {
		return "", err
	}
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	procs, err := l.workers(ctx, 2, nil)
	if err != nil {
		return "", err
	}
	one, two := procs[0], procs[1]
	if err := l.expire(ctx); err != nil {
		return "", err
	}
	l.seen.reset()
	if step == "in flight" {
		arrived, release := l.seen.holdBack()
		if err := one.send(command{Do: "fresh", Account: a.ID}); err != nil {
			return "", err
		}
		<-arrived
		one.kill()
		release()
		time.Sleep(2 * beat)
	} else {
		if err := one.until(ctx, step, command{Do: "fresh", Account: a.ID}); err != nil {
			return "", err
		}
		one.kill()
	}
	calls, _, _ := l.seen.count()
	if step == account.StepSpooled {
		if err := two.run(ctx, command{Do: "replay"}); err != nil {
			return "", err
		}
	}
	if err := errors.Join(l.outlast(ctx, two), two.run(ctx, command{Do: "fresh", Account: a.ID})); err != nil {
		return "", err
	}
	state, cause, token, err := l.state(ctx, a.ID)
	if err != nil {
		return "", err
	}
	if state == "healthy" {
		err = l.works(ctx, token)
	}
	if now, _, _ := l.seen.count(); (step == account.StepSpooled || step == account.StepCommitted) && now != calls {
		err = errors.Join(err, errors.New("the provider was asked again for what was durable"))
	}
	two.kill()
	return state + " " + cause, err
}

func reconnected(ctx context.Context, l *lab) (string, error) {
	p, err := l.start(ctx, nil)
	if err != nil {
		return "", err
	}
	a, _, err := l.connect(ctx, "")
	if err != nil {
		return "", err
	}
	for _, step := range []string{account.StepClaimed, account.StepAnswered, account.StepSpooled} {
		if err := errors.Join(l.expire(ctx), p.until(ctx, step, command{Do: "fresh", Account: a.ID})); err != nil {
			return "", err
		}
		_, g, err := l.connect(ctx, a.ID)
		if err != nil {
			return "", err
		}
		if err := p.send(command{Do: "go"}); err != nil {
			return "", err
		}
		got, err := p.read(ctx)
		if err != nil {
			return "", err
		}
		_, _, token, err := l.state(ctx, a.ID)
		if err != nil || token != g.Credential.AccessToken || !slices.Equal(got.Tokens, []string{fingerprint(token)}) {
			return "", errors.Join(err, fmt.Errorf("at %q: the reconnect was overwritten, or its caller got another token", step))
		}
		if err := l.healthy(ctx, a.ID); err != nil {
			return "", err
		}
	}
	return "while claimed, answered and spooled", nil
}
