package notify

import (
	"fmt"
	"strings"
)

// slackText is how many characters of a text Slack is given.
const slackText = 2500

type object = map[string]any

// slack makes one message with an attachment, which has a colour, for each
// notice. All words stand in rich text, which Slack reads no mark-up in; the
// text for notifications holds words of ours alone.
func slack(ms []*Message) any {
	attachments := make([]object, len(ms))
	for i, m := range ms {
		attachments[i] = object{"color": fmt.Sprintf("#%06X", m.colour()), "fallback": m.headline(), "blocks": []object{slackBlock(m)}}
	}
	return object{"text": heading(ms), "attachments": attachments}
}

func slackBlock(m *Message) object {
	words := func(s string, bold bool) object {
		o := object{"type": "text", "text": s}
		if bold {
			o["style"] = object{"bold": true}
		}
		return o
	}
	in := []object{words(m.headline()+"\n", true)}
	if m.Text != "" {
		in = append(in, words(cut(m.Text, slackText)+"\n", false))
	}
	if m.Code != "" {
		m = withCode(m)
	}
	for _, f := range m.Fields {
		in = append(in, words(cut(f.Name, slackText/10)+": ", true), words(cut(f.Value, slackText/4)+"\n", false))
	}
	in = append(in,
		object{"type": "link", "url": m.Link, "text": "Open"}, words(" · ", false),
		object{"type": "link", "url": m.Runbook, "text": "Runbook"}, words(" · "+m.place(), false))
	return object{"type": "rich_text", "elements": []object{{"type": "rich_text_section", "elements": in}}}
}

// heading is one line of our own words for all messages.
func heading(ms []*Message) string {
	if len(ms) == 1 {
		return ms[0].headline()
	}
	return fmt.Sprintf("%s and %d more", ms[0].headline(), len(ms)-1)
}

// line is a text on one line.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }
