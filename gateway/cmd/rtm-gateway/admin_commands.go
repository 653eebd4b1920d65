package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"rtmwasm/core"
)

// printJSON prints a value as the API sends it.
func (a *adminCall) printJSON(value any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// table prints a header and rows.
func (a *adminCall) table(head string, rows [][]string) error {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(head, " ", "\t"))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// oneLine returns text of users as one line, without control characters for the terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

// showList prints a list, as JSON or as a table. row returns the cells of an entry.
func showList[T any](ctx context.Context, a *adminCall, path, name, head string, row func(T) []string) error {
	all, err := a.client.list(ctx, path, name)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{name: all})
	}
	rows := make([][]string, len(all))
	for i, raw := range all {
		var one T
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		rows[i] = row(one)
	}
	return a.table(head, rows)
}

// done makes a call that changes something. Then it prints text.
func (a *adminCall) done(ctx context.Context, method, path string, query url.Values, body any, text string) error {
	var answer map[string]any
	var err error
	if body == nil {
		err = a.client.call(ctx, method, path, query, nil, 0, &answer)
	} else {
		err = a.client.call(ctx, method, path, query, jsonBody(body), 0, &answer)
	}
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(answer)
	}
	_, err = fmt.Fprintln(a.out, oneLine(text))
	return err
}

type adminSessionView struct {
	UserID   string   `json:"user_id"`
	State    string   `json:"state"`
	Session  string   `json:"session"`
	Gateway  string   `json:"gateway"`
	Channels []string `json:"channels,omitempty"`
}

func adminSessions(ctx context.Context, a *adminCall) error {
	return showList(ctx, a, "/sessions", "sessions", "USER STATE SESSION GATEWAY", func(s adminSessionView) []string {
		return []string{s.UserID, s.State, s.Session, s.Gateway}
	})
}

func adminSession(ctx context.Context, a *adminCall) error {
	var answer struct {
		Session adminSessionView `json:"session"`
	}
	if err := a.client.call(ctx, http.MethodGet, apiPath("sessions", a.args[0]), nil, nil, 0, &answer); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(answer)
	}
	s := answer.Session
	return a.table("USER STATE SESSION GATEWAY CHANNELS", [][]string{{s.UserID, s.State, s.Session, s.Gateway, strings.Join(s.Channels, ", ")}})
}

func adminChannels(ctx context.Context, a *adminCall) error {
	type channel struct {
		Channel string `json:"channel"`
		Members int    `json:"members"`
	}
	return showList(ctx, a, "/channels", "channels", "CHANNEL MEMBERS", func(c channel) []string {
		return []string{c.Channel, fmt.Sprint(c.Members)}
	})
}

func adminMembers(ctx context.Context, a *adminCall) error {
	return showList(ctx, a, apiPath("channels", a.args[0], "members"), "members", "USER", func(uid string) []string { return []string{uid} })
}

func adminKick(ctx context.Context, a *adminCall) error {
	return a.done(ctx, http.MethodDelete, apiPath("sessions", a.args[0]), nil, nil, "the session of "+a.args[0]+" has ended")
}

type adminBanView struct {
	UserID  string `json:"user_id"`
	UntilMs int64  `json:"until_ms"`
	MadeMs  int64  `json:"made_ms"`
	Reason  string `json:"reason"`
}

func adminBan(ctx context.Context, a *adminCall) error {
	if a.ban < time.Second {
		return errUsage{"ban needs --for: how long the ban lasts, at least 1s"}
	}
	until := time.Now().Add(a.ban).Format(time.RFC3339)
	body := map[string]any{"seconds": int64(a.ban / time.Second), "reason": a.reason}
	return a.done(ctx, http.MethodPut, apiPath("bans", a.args[0]), nil, body, a.args[0]+" is banned until "+until)
}

func adminBans(ctx context.Context, a *adminCall) error {
	return showList(ctx, a, "/bans", "bans", "USER UNTIL REASON", func(b adminBanView) []string {
		return []string{b.UserID, time.UnixMilli(b.UntilMs).Format(time.RFC3339), b.Reason}
	})
}

func adminUnban(ctx context.Context, a *adminCall) error {
	return a.done(ctx, http.MethodDelete, apiPath("bans", a.args[0]), nil, nil, a.args[0]+" may log in again")
}

func adminAttributes(ctx context.Context, a *adminCall) error {
	where := apiPath("channels", a.args[0], "attributes")
	changes := 0
	for _, given := range []bool{len(a.set) > 0, len(a.remove) > 0, a.clear} {
		if given {
			changes++
		}
	}
	switch {
	case changes > 1:
		return errUsage{"--set, --delete and --clear exclude each other"}
	case changes == 1 && a.as == "":
		return errUsage{"--as must name the user who changes the attributes"}
	case changes == 0 && (a.as != "" || a.notify):
		return errUsage{"--as and --notify need --set, --delete or --clear"}
	case len(a.set) > 0:
		values := map[string]string{}
		for _, pair := range a.set {
			key, value, found := strings.Cut(pair, "=")
			if !found {
				return errUsage{fmt.Sprintf("--set takes KEY=VALUE, not %q", pair)}
			}
			values[key] = value
		}
		return a.done(ctx, http.MethodPatch, where, nil, map[string]any{"user_id": a.as, "notify": a.notify, "attributes": values}, "the attributes of "+a.args[0]+" are changed")
	case changes == 1:
		query := url.Values{"user_id": {a.as}, "notify": {fmt.Sprint(a.notify)}, "key": a.remove}
		return a.done(ctx, http.MethodDelete, where, query, nil, "the attributes of "+a.args[0]+" are deleted")
	}
	var answer struct {
		Attributes []struct {
			Key       string `json:"key"`
			Value     string `json:"value"`
			Writer    string `json:"writer"`
			WrittenMs int64  `json:"written_ms"`
		} `json:"attributes"`
	}
	if err := a.client.call(ctx, http.MethodGet, where, nil, nil, 0, &answer); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(answer)
	}
	rows := make([][]string, len(answer.Attributes))
	for i, one := range answer.Attributes {
		rows[i] = []string{one.Key, one.Value, one.Writer, time.UnixMilli(one.WrittenMs).Format(time.RFC3339)}
	}
	return a.table("KEY VALUE WRITER WRITTEN", rows)
}

// adminSendMedia stores a file and sends it. If it cannot send the file, it deletes it.
func adminSendMedia(ctx context.Context, a *adminCall) error {
	switch {
	case a.as == "":
		return errUsage{"--as must name the user who sends the file"}
	case (a.to == "") == (a.channel == ""):
		return errUsage{"either --to or --channel must say who gets the file"}
	case a.channel != "" && (a.offline || a.wait):
		return errUsage{"--offline and --wait go with --to"}
	}
	body := map[string]any{"description": a.text}
	if a.thumb != "" {
		thumbnail, err := os.ReadFile(a.thumb)
		if err != nil {
			return err
		}
		body["thumbnail"] = base64.StdEncoding.EncodeToString(thumbnail)
	}
	id, err := a.upload(ctx)
	if err != nil {
		return err
	}
	body["media_id"] = id
	if a.kind != "" {
		body["type"] = strings.ToUpper(a.kind)
	}
	if a.channel != "" {
		body["channel_name"] = a.channel
	} else {
		body["destination"], body["enable_offline_messaging"] = a.to, a.offline
	}
	query := url.Values{}
	if a.wait {
		query.Set("wait_for_ack", "true")
	}
	var answer struct {
		Code    string `json:"code"`
		MediaID string `json:"media_id"`
	}
	if err := a.client.call(ctx, http.MethodPost, apiPath("users", a.as, "media_messages"), query, jsonBody(body), 0, &answer); err != nil {
		_ = a.client.call(ctx, http.MethodDelete, apiPath("media", id), nil, nil, 0, nil) // if this fails, the file expires later
		return err
	}
	answer.MediaID = id
	if a.json {
		return a.printJSON(answer)
	}
	return a.table("OUTCOME MEDIA", [][]string{{answer.Code, id}})
}

func (a *adminCall) upload(ctx context.Context) (id string, err error) {
	file, err := os.Open(a.args[0])
	if err != nil {
		return "", err
	}
	defer file.Close()
	stat, err := file.Stat()
	switch {
	case err != nil:
		return "", err
	case !stat.Mode().IsRegular() || stat.Size() == 0 || stat.Size() > core.MaxMediaBytes:
		return "", fmt.Errorf("%s must be a file of 1 byte to 30 MiB", a.args[0])
	}
	name := a.name
	if name == "" {
		name = filepath.Base(a.args[0])
	}
	var answer struct {
		Media struct {
			MediaID string `json:"media_id"`
		} `json:"media"`
	}
	err = a.client.call(ctx, http.MethodPost, "/media", url.Values{"user_id": {a.as}, "file_name": {name}}, file, stat.Size(), &answer)
	return answer.Media.MediaID, err
}

func adminMediaURL(ctx context.Context, a *adminCall) error {
	body := map[string]any{"expires_in": int64(a.expires / time.Second)}
	if a.download != "" {
		body["download"] = a.download
	}
	var answer struct {
		Path string `json:"path"`
	}
	if err := a.client.call(ctx, http.MethodPost, apiPath("media", a.args[0], "url"), nil, jsonBody(body), 0, &answer); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(answer)
	}
	_, err := fmt.Fprintln(a.out, a.client.gateway+answer.Path)
	return err
}

func adminMediaDelete(ctx context.Context, a *adminCall) error {
	return a.done(ctx, http.MethodDelete, apiPath("media", a.args[0]), nil, nil, "the file is deleted")
}

func adminUsageOf(ctx context.Context, a *adminCall) error {
	where := "/usage"
	if len(a.args) > 0 {
		where = apiPath("users", a.args[0], "usage")
	}
	var answer struct {
		Usage struct {
			Bytes    int64  `json:"bytes"`
			MaxBytes *int64 `json:"max_bytes"`
		} `json:"usage"`
	}
	if err := a.client.call(ctx, http.MethodGet, where, nil, nil, 0, &answer); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(answer)
	}
	most := "no bound"
	if answer.Usage.MaxBytes != nil {
		most = fmt.Sprint(*answer.Usage.MaxBytes)
	}
	return a.table("BYTES MOST", [][]string{{fmt.Sprint(answer.Usage.Bytes), most}})
}
