package notify

import (
	"strings"
	"time"
	"unicode/utf16"
)

// Discord's limits, in characters (discord.com/developers/docs/resources/message#embed-object-embed-limits).
const (
	embedsMax      = 10
	embedTitle     = 256
	embedText      = 4096
	embedFields    = 25
	embedFieldName = 256
	embedFieldText = 1024
	embedFooter    = 2048
	embedsTotal    = 6000 // over all embeds of a message
)

type discordMessage struct {
	Username        string         `json:"username"`
	Embeds          []discordEmbed `json:"embeds"`
	AllowedMentions struct {
		Parse []string `json:"parse"`
	} `json:"allowed_mentions"`
}

type discordEmbed struct {
	Title       string         `json:"title"`
	Description string         `json:"description,omitempty"`
	Color       int            `json:"color"`
	Fields      []discordField `json:"fields,omitempty"`
	Footer      discordFooter  `json:"footer"`
	Timestamp   string         `json:"timestamp"`
}

type discordField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline"`
}

type discordFooter struct {
	Text string `json:"text"`
}

// discord makes one message of up to ten embeds. An embed has no address of its
// own, for Discord merges those whose addresses are the same.
func discord(ms []*Message) any {
	out := discordMessage{Username: "Patchbay"}
	out.AllowedMentions.Parse = []string{} // nobody is pinged, whatever a text says
	ms = ms[:min(len(ms), embedsMax)]
	for _, m := range ms {
		out.Embeds = append(out.Embeds, embed(m, embedsTotal/len(ms)))
	}
	return out
}

// embed makes an embed of at most budget characters. The links come first, for
// they are worth the most and cannot be cut.
func embed(m *Message, budget int) discordEmbed {
	e := discordEmbed{Color: m.colour(), Timestamp: m.At.UTC().Format(time.RFC3339)}
	take := func(s string, most int) string {
		s = cut(s, min(most, budget))
		budget -= size(s)
		return s
	}
	closed := strings.NewReplacer("(", "%28", ")", "%29", "\n", "")
	links := "[Open](" + closed.Replace(m.Link) + ") · [Runbook](" + closed.Replace(m.Runbook) + ")"
	withLinks := len(m.Link)+len(m.Runbook) < 400 && size("Links")+size(links) <= budget
	if withLinks {
		budget -= size("Links") + size(links)
	}
	e.Title = take(discordText(m.headline()), embedTitle)
	e.Footer.Text = take(m.place(), embedFooter)
	if m.Code != "" {
		m = withCode(m)
	}
	e.Description = take(discordText(m.Text), min(embedText, budget*2/3))
	for _, f := range m.Fields {
		if len(e.Fields) == embedFields-1 || budget < 8 {
			break
		}
		name := take(discordText(f.Name), min(embedFieldName, budget/2))
		value := take(discordText(f.Value), embedFieldText)
		if name == "" || value == "" { // Discord takes neither empty
			continue
		}
		e.Fields = append(e.Fields, discordField{name, value, size(value) < 40})
	}
	if withLinks {
		e.Fields = append(e.Fields, discordField{"Links", links, false})
	}
	return e
}

// withCode is a message whose code is a field like others.
func withCode(m *Message) *Message {
	c := *m
	c.Fields = append([]Field{{"Code", m.Code}}, m.Fields...)
	return &c
}

// discordText is text that Discord shows as it stands: no mark-up, no links, no
// mentions. A backslash takes the meaning from any sign that is no letter or digit.
func discordText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && strings.ContainsRune("\\*_~`|>#[]()<@:-+.!&/=", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// size counts as the stricter of those who count characters: in UTF-16.
func size(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut shortens a text to n characters, the last of which then is an ellipsis. It
// never ends between a backslash and what that belongs to.
func cut(s string, n int) string {
	if size(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	left, end := n-1, 0
	for i, r := range s {
		if left -= utf16.RuneLen(r); left < 0 {
			end = i
			break
		}
	}
	kept := s[:end]
	trimmed := strings.TrimRight(kept, `\`)
	if (len(kept)-len(trimmed))%2 == 1 {
		kept = kept[:len(kept)-1]
	}
	return kept + "…"
}
