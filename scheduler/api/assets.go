package api

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

type assetQuery struct {
	Paged
	Kind string `query:"kind" enum:"audio,text"`
	Text string `query:"text" doc:"Looked for in title, name and text"`
}

// assets adds the routes of assets.
func (s *server) assets() {
	route(s, methodGet, "/assets", "list-assets", "Assets, newest first", scheduler.ActRead, anywhere[assetQuery](),
		func(ctx context.Context, in *assetQuery) (*answer[client.Page[client.Asset]], error) {
			all, next, err := s.Store.Assets(ctx, scheduler.AssetFilter{Kind: scheduler.AssetKind(in.Kind), Text: in.Text, Page: in.page()})
			return list(all, next, assetOut), err
		})
	route(s, methodGet, "/assets/{id}", "get-asset", "One asset, by its id or the first digits of it", scheduler.ActRead, anywhere[byID](),
		func(ctx context.Context, in *byID) (*answer[client.Asset], error) {
			a, err := s.Store.Asset(ctx, in.ID)
			return reply(assetOut(a)), err
		})
	type text struct{ Body client.TextSpec }
	route(s, methodPost, "/assets/text", "add-text", "Adds a text notice", scheduler.ActDraft, anywhere[text](),
		func(ctx context.Context, in *text) (*answer[client.Asset], error) {
			b := in.Body
			a, _, err := s.Store.AddAsset(ctx, scheduler.Asset{Kind: scheduler.AssetText, Title: b.Title, Text: b.Text,
				Stay: int64(b.Stay * 1000), Effect: b.Effect, Color: b.Color})
			return reply(assetOut(a)), err
		})
	type speech struct{ Body client.SpeechSpec }
	route(s, methodPost, "/assets/speech", "add-speech", "Speaks a text into an audio asset; figures are written out first", scheduler.ActDraft, anywhere[speech](),
		func(ctx context.Context, in *speech) (*answer[client.Asset], error) {
			a, err := s.Intake.Speak(ctx, in.Body.Text, in.Body.Title)
			return reply(assetOut(a)), err
		})
	route(s, methodDelete, "/assets/{id}", "remove-asset", "Removes an asset that nothing uses", scheduler.ActDraft, county[byID](),
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Intake.Remove(ctx, in.ID) })
	route(s, methodGet, "/assets/{id}/file", "get-asset-file", "The audio file as it was uploaded", scheduler.ActRead, anywhere[byID](), s.assetFile)
}

func (s *server) assetFile(ctx context.Context, in *byID) (*huma.StreamResponse, error) {
	f, a, err := s.Intake.Original(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer f.Close()
		h.SetHeader("Content-Type", "application/octet-stream")
		h.SetHeader("Content-Length", strconv.FormatInt(a.Size, 10))
		h.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
		_, _ = io.Copy(h.BodyWriter(), f)
	}}, nil
}

// uploads adds the resumable way in for audio files.
func (s *server) uploads() {
	type begin struct{ Body client.UploadSpec }
	route(s, methodPost, "/uploads", "begin-upload", "Begins an upload, or finds the one begun before", scheduler.ActDraft, anywhere[begin](),
		func(ctx context.Context, in *begin) (*answer[client.Upload], error) {
			u, asset, err := s.Intake.Begin(ctx, in.Body)
			if err == nil && asset != nil {
				a := assetOut(*asset)
				u.Asset = &a
			}
			return reply(u), err
		})
	route(s, methodGet, "/uploads/{id}", "get-upload", "How far an upload has got", scheduler.ActDraft, anywhere[byID](),
		func(ctx context.Context, in *byID) (*answer[client.Upload], error) {
			u, err := s.Intake.State(ctx, in.ID)
			return reply(u), err
		})
	op := huma.Operation{OperationID: "append-upload", Method: http.MethodPatch, Path: "/uploads/{id}",
		Summary: "Sends the next bytes, 4 MiB at most; what came before a cut is kept",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/offset+octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	register(s, op, scheduler.ActDraft, anywhere[part](), func(ctx context.Context, in *part) (*answer[client.Upload], error) {
		u, err := s.Intake.Append(ctx, in.ID, in.Offset, in.body)
		return reply(u), err
	})
	route(s, methodPost, "/uploads/{id}/finish", "finish-upload", "Checks the whole file and makes the asset", scheduler.ActDraft, anywhere[byID](),
		func(ctx context.Context, in *byID) (*answer[client.Asset], error) {
			a, err := s.Intake.Finish(ctx, in.ID)
			return reply(assetOut(a)), err
		})
}

// pieceTime is how long one piece of an upload may take.
const pieceTime = 2 * time.Minute

// part is one piece of an upload. Its bytes are taken as they come, so that a
// link which never holds for a whole piece still gets on.
type part struct {
	ID     string `path:"id" maxLength:"80"`
	Offset int64  `header:"Upload-Offset" required:"true" minimum:"0" doc:"Where the bytes begin: the offset that the centre last told"`
	body   io.Reader
}

// Resolve takes the body before huma would.
func (p *part) Resolve(h huma.Context) []error {
	_ = h.SetReadDeadline(time.Now().Add(pieceTime))
	p.body = &measure{r: h.BodyReader(), left: client.MaxChunk}
	return nil
}

// measure ends a piece that is longer than one may be.
type measure struct {
	r    io.Reader
	left int64
}

func (m *measure) Read(p []byte) (int, error) {
	if int64(len(p)) > m.left+1 {
		p = p[:m.left+1]
	}
	n, err := m.r.Read(p)
	if m.left -= int64(n); m.left < 0 {
		return n + int(m.left), &scheduler.Error{Kind: scheduler.TooLarge, Field: "body",
			Message: scheduler.Words{ZH: "超过一段的最大长度", EN: "is longer than a piece may be"},
			Remedy:  scheduler.Words{ZH: fmt.Sprintf("一次最多 %d MiB，再问上传到了哪里，从那里接着传", client.MaxChunk>>20), EN: fmt.Sprintf("send %d MiB at most, then ask how far the upload has got and go on from there", client.MaxChunk>>20)}}
	}
	return n, err
}
