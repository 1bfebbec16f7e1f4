package run

import (
	"net/http"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// The steps that only work something out.

func filter(def *workflow.Step, values workflow.Values) result {
	v, err := values.Evaluate(strings.TrimSpace(def.If))
	if err != nil {
		return failed(unworked(err))
	}
	pass, ok := v.(bool)
	if !ok {
		return failed(fault.New(fault.Invalid, "filter_not_boolean", "The filter's expression gave %T, not true or false.", v))
	}
	out := result{status: Succeeded, input: map[string]any{"if": def.If}, output: map[string]any{"passed": pass}}
	if !pass {
		out.status, out.output = Ended, map[string]any{"passed": false, "reason": def.Reason}
	}
	return out
}

// ending ends the run.
func ending(def *workflow.Step, values workflow.Values) result {
	reason, err := values.Text(def.Reason)
	if err != nil {
		return failed(unworked(err))
	}
	return result{status: Ended, input: map[string]any{}, output: map[string]any{"reason": reason}}
}

func respond(def *workflow.Step, values workflow.Values) result {
	body, err := values.JSON(def.Body)
	if err != nil {
		return failed(unworked(err))
	}
	headers, err := texts(values, def.Headers)
	if err != nil {
		return failed(unworked(err))
	}
	answer := &Response{Status: def.Status, Headers: headers, Body: body}
	if answer.Status == 0 {
		answer.Status = http.StatusOK
	}
	return result{status: Succeeded, input: answer, output: readBack(answer), response: answer}
}

func texts(values workflow.Values, in map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(in))
	for k, v := range in {
		text, err := values.Text(v)
		if err != nil {
			return nil, err
		}
		out[k] = text
	}
	return out, nil
}
