package api

import (
	"context"
	"io"
	"mime"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

type assetQuery struct {
	paged
	Kind string `query:"kind" enum:"audio,text"`
	Text string `query:"text" doc:"Looked for in title, name and text"`
}

// assets adds the routes of assets.
func (s *server) assets() {
	route(s, methodGet, "/assets", "list-assets", "Assets, newest first",
		func(ctx context.Context, in *assetQuery) (*answer[client.Page[client.Asset]], error) {
			all, next, err := s.Store.Assets(ctx, scheduler.AssetFilter{Kind: scheduler.AssetKind(in.Kind), Text: in.Text, Page: in.page()})
			return list(all, next, assetOut), err
		})
	route(s, methodGet, "/assets/{id}", "get-asset", "One asset, by its id or the first digits of it",
		func(ctx context.Context, in *byID) (*answer[client.Asset], error) {
			a, err := s.Store.Asset(ctx, in.ID)
			return reply(assetOut(a)), err
		})
	type text struct{ Body client.TextSpec }
	route(s, methodPost, "/assets/text", "add-text", "Adds a text notice",
		func(ctx context.Context, in *text) (*answer[client.Asset], error) {
			b := in.Body
			a, _, err := s.Store.AddAsset(ctx, scheduler.Asset{Kind: scheduler.AssetText, Title: b.Title, Text: b.Text,
				Stay: int64(b.Stay * 1000), Effect: b.Effect, Color: b.Color})
			return reply(assetOut(a)), err
		})
	type speech struct{ Body client.SpeechSpec }
	route(s, methodPost, "/assets/speech", "add-speech", "Speaks a text into an audio asset; figures are written out first",
		func(ctx context.Context, in *speech) (*answer[client.Asset], error) {
			a, err := s.Intake.Speak(ctx, in.Body.Text, in.Body.Title)
			return reply(assetOut(a)), err
		})
	route(s, methodDelete, "/assets/{id}", "remove-asset", "Removes an asset that nothing uses",
		func(ctx context.Context, in *byID) (*none, error) { return nil, s.Intake.Remove(ctx, in.ID) })
	route(s, methodGet, "/assets/{id}/file", "get-asset-file", "The audio file as it was uploaded", s.assetFile)
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
	route(s, methodPost, "/uploads", "begin-upload", "Begins an upload, or finds the one begun before",
		func(ctx context.Context, in *begin) (*answer[client.Upload], error) {
			u, asset, err := s.Intake.Begin(ctx, in.Body)
			if err == nil && asset != nil {
				a := assetOut(*asset)
				u.Asset = &a
			}
			return reply(u), err
		})
	route(s, methodGet, "/uploads/{id}", "get-upload", "How far an upload has got",
		func(ctx context.Context, in *byID) (*answer[client.Upload], error) {
			u, err := s.Intake.State(ctx, in.ID)
			return reply(u), err
		})
	type part struct {
		ID      string `path:"id" maxLength:"80"`
		Offset  int64  `header:"Upload-Offset" required:"true" minimum:"0" doc:"Where the bytes begin: the offset that the centre last told"`
		RawBody []byte `contentType:"application/offset+octet-stream"`
	}
	op := huma.Operation{OperationID: "append-upload", Method: "PATCH", Path: client.Prefix + "/uploads/{id}",
		Summary: "Sends the next bytes, 4 MiB at most", Tags: []string{"uploads"}, MaxBodyBytes: client.MaxChunk + 1}
	huma.Register(s.api, op, func(ctx context.Context, in *part) (*answer[client.Upload], error) {
		u, err := s.Intake.Append(ctx, in.ID, in.Offset, reader(in.RawBody))
		if err != nil {
			return nil, s.fail(err)
		}
		return reply(u), nil
	})
	route(s, methodPost, "/uploads/{id}/finish", "finish-upload", "Checks the whole file and makes the asset",
		func(ctx context.Context, in *byID) (*answer[client.Asset], error) {
			a, err := s.Intake.Finish(ctx, in.ID)
			return reply(assetOut(a)), err
		})
}
