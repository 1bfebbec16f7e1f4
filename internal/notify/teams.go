package notify

import (
	"encoding/json"

	"github.com/patchbay-dev/patchbay/internal/event"
)

// teamsMax is how large a message to Microsoft Teams may be, in bytes: 28 KB,
// and some room.
const teamsMax = 27 << 10

// teams makes one adaptive card, as the workflow "when a webhook request is
// received" takes it. Words of users stand in rich text blocks, which read no
// mark-up.
func teams(ms []*Message) any {
	for most := 2000; ; most /= 2 {
		card := teamsCard(ms, most)
		if b, err := json.Marshal(card); err != nil || len(b) <= teamsMax || most < 50 {
			return card
		}
	}
}

func teamsCard(ms []*Message, most int) object {
	body := make([]object, len(ms))
	for i, m := range ms {
		body[i] = teamsBlock(m, most)
	}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": object{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
			"msteams": object{"width": "Full"}, "fallbackText": heading(ms), "body": body,
		},
	}}}
}

func teamsBlock(m *Message, most int) object {
	styles := map[int]string{red: "attention", amber: "warning", green: "good", blue: "accent", grey: "emphasis"}
	text := func(runs ...object) object { return object{"type": "RichTextBlock", "inlines": runs} }
	run := func(s string, bold bool) object {
		o := object{"type": "TextRun", "text": s}
		if bold {
			o["weight"] = "Bolder"
		}
		return o
	}
	items := []object{text(run(m.headline(), true))}
	if m.Text != "" {
		items = append(items, text(run(cut(m.Text, most), false)))
	}
	if m.Code != "" {
		m = withCode(m)
	}
	for _, f := range m.Fields {
		items = append(items, text(run(cut(f.Name, most/4)+": ", true), run(cut(f.Value, most/2), false)))
	}
	place := run(m.place(), false)
	place["isSubtle"] = true
	items = append(items, text(place), object{"type": "ActionSet", "actions": []object{
		{"type": "Action.OpenUrl", "title": "Open", "url": m.Link}, {"type": "Action.OpenUrl", "title": "Runbook", "url": m.Runbook},
	}})
	style := styles[m.colour()]
	if m.Severity == event.Info && style == "" {
		style = "default"
	}
	return object{"type": "Container", "style": style, "items": items}
}
