package queue

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hibiken/asynq"
)

// State is how the queue is, and who works at it.
type State struct {
	Lanes   []Lane
	Workers []Worker
}

// Lane is one of Asynq's queues. What is lost of it is made good by a sweep.
type Lane struct {
	Name                                        string
	Pending, Active, Scheduled, Retry, Archived int
	Done, Failed                                int // today, in UTC
	Behind                                      time.Duration
	Paused                                      bool
}

// Worker is a process that does tasks, as it told Redis some seconds ago.
type Worker struct {
	Host        string
	PID         int
	Since       time.Time
	Concurrency int
	Stopping    bool
	Tasks       []Task // the oldest first
}

// Task is one that a worker is at.
type Task struct {
	Kind  string
	Since time.Time
}

// Look asks Redis.
func Look(c Connection) (*State, error) {
	look := asynq.NewInspector(c)
	defer func() { _ = look.Close() }()
	names, err := look.Queues()
	if err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	out := &State{Lanes: []Lane{}, Workers: []Worker{}}
	for _, name := range names {
		q, err := look.GetQueueInfo(name)
		if err != nil {
			return nil, fmt.Errorf("queue %s: %w", name, err)
		}
		out.Lanes = append(out.Lanes, Lane{Name: q.Queue, Pending: q.Pending, Active: q.Active, Scheduled: q.Scheduled, Retry: q.Retry, Archived: q.Archived, Done: q.Processed, Failed: q.Failed, Behind: q.Latency, Paused: q.Paused})
	}
	servers, err := look.Servers()
	if err != nil {
		return nil, fmt.Errorf("workers: %w", err)
	}
	for _, s := range servers {
		w := Worker{Host: s.Host, PID: s.PID, Since: s.Started, Concurrency: s.Concurrency, Stopping: s.Status != "active", Tasks: []Task{}}
		for _, t := range s.ActiveWorkers {
			w.Tasks = append(w.Tasks, Task{t.TaskType, t.Started})
		}
		slices.SortFunc(w.Tasks, func(a, b Task) int { return a.Since.Compare(b.Since) })
		out.Workers = append(out.Workers, w)
	}
	slices.SortFunc(out.Workers, func(a, b Worker) int { return strings.Compare(fmt.Sprint(a.Host, a.PID), fmt.Sprint(b.Host, b.PID)) })
	return out, nil
}
