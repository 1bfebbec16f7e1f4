package run_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// One trace leads from the request that started a run through its steps, its waits,
// what resumed it and the run that it called, whoever carried out which part of it.
func TestTrace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	kept := tracetest.NewInMemoryExporter()
	traces, err := telemetry.NewTraces(sdktrace.WithSyncer(kept))
	if err != nil {
		t.Fatal(err)
	}
	r.worker.Metrics.Traces = traces
	child := r.deploy(`{"name":"fetch","type":"http_request","url":"OUT"}`)
	parent := r.deploy(
		`{"name":"rest","type":"delay","for":"1h"}`,
		`{"name":"each","type":"for_each","items":"{{ [1, 2] }}","steps":[{"name":"keep","type":"filter","if":"{{ item > 0 }}"}]}`,
		`{"name":"ask","type":"suspend"}`,
		`{"name":"call","type":"call_workflow","workflow":"`+child+`"}`,
		`{"name":"look","type":"filter","if":"{{ trigger.zzz.deep.more }}","on_error":"continue"}`)
	const trace, above = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	id := r.asked(parent, post(`{"secret":"hush"}`, "traceparent", "00-"+trace+"-"+above+"-01"))
	r.due()
	r.clock.Pass(2 * time.Hour)
	r.due()
	resume, _ := r.links(id)
	if err := r.tell(resume, run.Answered{}); err != nil {
		t.Fatal(err)
	}
	if len(kept.GetSpans()) > 0 {
		t.Error("a run that is not over has a trace")
	}
	r.due()
	if got, _ := r.get(id); got.Status != run.Succeeded {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
	names, edges := map[string]string{above: "request"}, map[string]string{}
	spans := kept.GetSpans()
	for i := range spans {
		s := &spans[i]
		names[s.SpanContext.SpanID().String()] = s.Name
		if s.SpanContext.TraceID().String() != trace {
			t.Errorf("%s is in trace %s", s.Name, s.SpanContext.TraceID())
		}
		if s.EndTime.Before(s.StartTime) {
			t.Errorf("%s ends before it begins", s.Name)
		}
		for _, a := range s.Attributes {
			if strings.Contains(a.Value.AsString(), "hush") {
				t.Errorf("%s tells what went through the run", s.Name)
			}
		}
	}
	for i := range spans {
		s := &spans[i]
		name := s.Name
		for _, a := range s.Attributes {
			if a.Key == "patchbay.step.path" {
				name = a.Value.AsString()
			}
		}
		if s.Name == "run Flow" && s.Parent.SpanID().String() != above {
			name = "called run"
		}
		if strings.Contains(name, "queued") {
			continue
		}
		edges[name] = names[s.Parent.SpanID().String()]
		if s.Status.Description != "" {
			edges[name] += " !" + s.Status.Description
		}
	}
	want := map[string]string{
		"run Flow": "request", "rest": "run Flow", "each": "run Flow", "each[0]/keep": "for_each each", "each[1]/keep": "for_each each", "ask": "run Flow", "call": "run Flow",
		"called run": "call_workflow call", "fetch": "run Flow", "look": "run Flow !expression",
	}
	if diff := cmp.Diff(want, edges); diff != "" {
		t.Error(diff)
	}
	for i := range spans {
		if s := &spans[i]; s.Name == "delay rest" && s.EndTime.Sub(s.StartTime) < time.Hour {
			t.Errorf("the delay lasted %s", s.EndTime.Sub(s.StartTime))
		}
	}
}

// A run that somebody ends has its trace, too, and so has what it had called.
func TestTraceOfCanceled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	kept := tracetest.NewInMemoryExporter()
	traces, err := telemetry.NewTraces(sdktrace.WithSyncer(kept))
	if err != nil {
		t.Fatal(err)
	}
	r.worker.Metrics.Traces, r.Metrics.Traces = traces, traces
	child := r.deploy(`{"name":"rest","type":"delay","for":"1h"}`)
	id := r.start(`{}`, `{"name":"both","type":"parallel","branches":[{"name":"left","steps":[{"name":"call","type":"call_workflow","workflow":"`+child+`"}]}]}`)
	r.due()
	r.clock.Pass(time.Minute)
	if _, err := r.Cancel(t.Context(), r.scope, id); err != nil {
		t.Fatal(err)
	}
	r.clock.Pass(2 * time.Hour)
	r.due()
	names, got := map[string]string{}, map[string]string{}
	spans := kept.GetSpans()
	for i := range spans {
		s := &spans[i]
		names[s.SpanContext.SpanID().String()] = s.Name
		if s.EndTime.Sub(s.StartTime) > 2*time.Minute {
			t.Errorf("%s lasted %s", s.Name, s.EndTime.Sub(s.StartTime))
		}
	}
	for i := range spans {
		s := &spans[i]
		if s.Name != "queued" {
			got[s.Name+" in "+names[s.Parent.SpanID().String()]] += s.Status.Description + ";"
		}
	}
	want := map[string]string{"run Flow in ": "canceled;", "parallel both in run Flow": ";", "call_workflow call in parallel both": ";", "run Flow in call_workflow call": "canceled;", "delay rest in run Flow": ";"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// asked takes a request and returns the run that it started.
func (r *rig) asked(workflowID string, a *intake.Arrival) string {
	r.t.Helper()
	out, err := r.Take(r.t.Context(), r.scope, workflowID, "", a)
	if err != nil || len(out.Runs) != 1 {
		r.t.Fatal(out, err)
	}
	return out.Runs[0]
}
