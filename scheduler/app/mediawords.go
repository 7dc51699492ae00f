package app

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/villagecast/villagecast/media/audio"
	"github.com/villagecast/villagecast/media/speech"
	"github.com/villagecast/villagecast/scheduler"
)

// soundWords says what is wrong with a file that is to be a sound, and what helps.
func soundWords(e *audio.Error) (message, remedy scheduler.Words) {
	message.EN, remedy.EN, _ = strings.Cut(e.Error(), ": ")
	again := "重新复制或导出一次"
	switch e.Kind {
	case audio.Empty:
		message.ZH, remedy.ZH = "文件是空的", "重新导出，再传新文件"
	case audio.NotAudio:
		message.ZH, remedy.ZH = "文件不是音频，而是"+cmp.Or(formats[e.Format], e.Format), "把声音另存为 MP3、WAV、FLAC 或 Ogg Vorbis 再传"
	case audio.Unsupported:
		message.ZH, remedy.ZH = "文件是 "+e.Format+"，这里播不了", "另存为 MP3（44.1 或 48 kHz，layer 3）、WAV、FLAC 或 Ogg Vorbis 再传"
	case audio.Truncated:
		message.ZH, remedy.ZH = fmt.Sprintf("%s 文件不完整，到 %s 就断了", e.Format, audio.Clock(e.At)), again
		if e.Of > 0 {
			message.ZH += "（全长 " + audio.Clock(e.Of) + "）"
		}
	case audio.TooLong:
		message.ZH, remedy.ZH = "声音超过 "+audio.Clock(e.Of), "剪成几段"
	case audio.NoSound:
		message.ZH, remedy.ZH = "整个文件 "+audio.Clock(e.Of)+" 都没有声音", "检查录音，重新导出"
	default:
		message.ZH, remedy.ZH = fmt.Sprintf("%s 文件在 %s 处损坏", e.Format, audio.Clock(e.At)), again
	}
	return message, remedy
}

// speechWords says why a text cannot be spoken, and what helps.
func speechWords(e *speech.Error) (message, remedy scheduler.Words) {
	message.EN, remedy.EN, _ = strings.Cut(e.Error(), ": ")
	switch e.Kind {
	case speech.Empty:
		message.ZH, remedy.ZH = "文字里没有可以读出来的内容", "先写通知"
	case speech.TooLong:
		message.ZH, remedy.ZH = fmt.Sprintf("文字有 %d 个字，最多能读 %d 个", e.Length, e.Max), "缩短，或分成两条通知"
	case speech.Absent:
		message.ZH, remedy.ZH = fmt.Sprintf("中心的电脑上没有装语音程序 %q", e.Program), "装上它（Debian：apt install espeak-ng），在设置里换一个，或上传录音"
	case speech.Slow:
		message.ZH, remedy.ZH = fmt.Sprintf("语音程序 %q 没有按时完成", e.Program), "缩短文字，或上传录音"
	default:
		message.ZH, remedy.ZH = fmt.Sprintf("语音程序 %q 没有生成录音", e.Program), "检查它的设置，或上传录音（"+e.Detail+"）"
	}
	return message, remedy
}

// formats are files that are no sound, in Chinese.
var formats = map[string]string{
	"text": "文本", "unknown data": "不认识的数据", "a PDF document": "PDF 文档", "a ZIP archive or an Office document": "压缩包或 Office 文档",
	"an Office document": "Office 文档", "a PNG picture": "PNG 图片", "a JPEG picture": "JPEG 图片", "a GIF picture": "GIF 图片", "a WebP picture": "WebP 图片",
	"a BMP picture": "BMP 图片", "a gzip archive": "gzip 压缩包", "a RAR archive": "RAR 压缩包", "a 7z archive": "7z 压缩包",
	"a program": "程序", "a Windows program": "Windows 程序",
}
