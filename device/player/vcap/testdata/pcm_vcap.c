/*
 * vcap: an ALSA playback device that has no hardware. It consumes at real
 * time, by CLOCK_MONOTONIC, writes every sample to a file and notes in another
 * when what happened. The header <alsa/pcm_external.h> is under the LGPL.
 *
 *	pcm_type.vcap { lib "…/libasound_module_pcm_vcap.so" }
 *	pcm.!default { type vcap raw "…/out.raw" log "…/out.log" gone "…/GONE" stall "…/STALL" race "…/RACE" }
 *
 * While the file "gone" exists the device is unplugged. While "stall" exists it
 * stands still: it takes what fits into its buffer and consumes nothing. While
 * "race" exists it swallows whatever comes at once, as a device does behind
 * which nothing sounds. Lines of the log:
 *
 *	params rate=… ch=… fmt=… period=… buffer=…
 *	<event> <n> mono=<ns> wall=<ns> frames=<frames in the file so far>
 *
 * start: n is the monotonic time at which it began to consume. stand: n is how
 * many frames it had consumed since then. move: n is the time of the start, had
 * it not stood still. xrun: n is by how many frames the program was late.
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <inttypes.h>
#include <sys/timerfd.h>

#define SECOND 1000000000LL

typedef struct {
	snd_pcm_ioplug_t io;
	FILE *raw, *log;
	char *gone, *stall, *race;
	int running;
	int64_t stood;		/* since when it stands still, 0: it does not */
	int64_t t0;		/* when it began to consume */
	uint64_t submitted;	/* frames since prepare */
	uint64_t total;		/* frames in the file */
} vcap_t;

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void note(vcap_t *v, const char *event, int64_t n)
{
	fprintf(v->log, "%s %" PRId64 " mono=%" PRId64 " wall=%" PRId64 " frames=%" PRIu64 "\n",
		event, n, now(CLOCK_MONOTONIC), now(CLOCK_REALTIME), v->total);
	fflush(v->log);
}

static int there(const char *file)
{
	return file && access(file, F_OK) == 0;
}

static int gone(const vcap_t *v)
{
	return there(v->gone);
}

/* since is how many frames a card consumes from t0 to t. */
static uint64_t since(const vcap_t *v, int64_t t)
{
	return (t - v->t0) / 1000 * v->io.rate / 1000000;
}

/* consumed is how many frames a card would have played since start. */
static uint64_t consumed(vcap_t *v)
{
	int64_t t = now(CLOCK_MONOTONIC);

	if (there(v->race)) {	/* from where it is, time goes on when it ends */
		v->t0 = t - v->submitted * SECOND / v->io.rate;
		v->stood = 0;
		return v->submitted;
	}
	if (there(v->stall)) {
		if (!v->stood) {
			v->stood = t;
			note(v, "stand", since(v, t));
		}
		t = v->stood;
	} else if (v->stood) {
		v->t0 += t - v->stood;
		v->stood = 0;
		note(v, "move", v->t0);
	}
	return since(v, t);
}

/* tick makes the poll descriptor readable every ns nanoseconds, 0: never. */
static void tick(vcap_t *v, int64_t ns)
{
	struct itimerspec s = { { ns / SECOND, ns % SECOND }, { ns / SECOND, ns % SECOND } };

	timerfd_settime(v->io.poll_fd, 0, &s, NULL);
}

static int vcap_start(snd_pcm_ioplug_t *io)
{
	vcap_t *v = io->private_data;

	v->t0 = now(CLOCK_MONOTONIC);
	v->running = 1;
	v->stood = 0;
	tick(v, io->period_size * SECOND / io->rate);
	note(v, "start", v->t0);
	return 0;
}

static int vcap_stop(snd_pcm_ioplug_t *io)
{
	vcap_t *v = io->private_data;

	v->running = 0;
	tick(v, 0);
	note(v, "stop", 0);
	return 0;
}

static snd_pcm_sframes_t vcap_pointer(snd_pcm_ioplug_t *io)
{
	vcap_t *v = io->private_data;
	uint64_t n;

	if (gone(v))
		return -ENODEV;
	if (!v->running)
		return 0;
	n = consumed(v);
	if (n <= v->submitted)
		return n;
	if (io->state != SND_PCM_STATE_RUNNING)
		return v->submitted;
	note(v, "xrun", n - v->submitted);
	v->running = 0;
	return -EPIPE;
}

static snd_pcm_sframes_t vcap_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
				       snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
	vcap_t *v = io->private_data;
	size_t frame = snd_pcm_format_physical_width(io->format) / 8 * io->channels;

	if (gone(v))
		return -ENODEV;
	if (fwrite((char *)areas[0].addr + areas[0].first / 8 + offset * frame, frame, size, v->raw) != size)
		return -EIO;
	fflush(v->raw);
	note(v, "write", size);
	v->total += size;
	v->submitted += size;
	return size;
}

static int vcap_prepare(snd_pcm_ioplug_t *io)
{
	vcap_t *v = io->private_data;

	if (gone(v))
		return -ENODEV;
	v->running = 0;
	v->submitted = 0;
	note(v, "prepare", 0);
	return 0;
}

static int vcap_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params)
{
	vcap_t *v = io->private_data;

	(void)params;
	/* The file may be that of an opening before. */
	fseek(v->raw, 0, SEEK_END);
	v->total = ftell(v->raw) / (snd_pcm_format_physical_width(io->format) / 8 * io->channels);
	fprintf(v->log, "params rate=%u ch=%u fmt=%s period=%lu buffer=%lu\n", io->rate, io->channels,
		snd_pcm_format_name(io->format), io->period_size, io->buffer_size);
	fflush(v->log);
	return 0;
}

static int vcap_delay(snd_pcm_ioplug_t *io, snd_pcm_sframes_t *delay)
{
	vcap_t *v = io->private_data;

	*delay = v->submitted - (v->running ? consumed(v) : 0);
	return 0;
}

static int vcap_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned int n, unsigned short *revents)
{
	uint64_t expired;

	(void)io;
	(void)n;
	*revents = 0;
	if (pfd->revents & POLLIN) {
		(void)!read(pfd->fd, &expired, sizeof expired);
		*revents = POLLOUT;
	}
	return 0;
}

static void release(vcap_t *v)
{
	if (v->raw)
		fclose(v->raw);
	if (v->log)
		fclose(v->log);
	if (v->io.poll_fd >= 0)
		close(v->io.poll_fd);
	free(v->gone);
	free(v->stall);
	free(v->race);
	free(v);
}

static int vcap_close(snd_pcm_ioplug_t *io)
{
	vcap_t *v = io->private_data;

	note(v, "close", 0);
	release(v);
	return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
	.start = vcap_start,
	.stop = vcap_stop,
	.pointer = vcap_pointer,
	.transfer = vcap_transfer,
	.close = vcap_close,
	.hw_params = vcap_hw_params,
	.prepare = vcap_prepare,
	.delay = vcap_delay,
	.poll_revents = vcap_poll_revents,
};

static int limit(snd_pcm_ioplug_t *io)
{
	static const unsigned int access[] = { SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED };
	static const unsigned int format[] = { SND_PCM_FORMAT_FLOAT_LE, SND_PCM_FORMAT_S16_LE };
	int e;

	if ((e = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 2, access)) < 0 ||
	    (e = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 2, format)) < 0 ||
	    (e = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 1, 2)) < 0 ||
	    (e = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, 8000, 192000)) < 0 ||
	    (e = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 18)) < 0 ||
	    (e = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 16)) < 0)
		return e;
	return 0;
}

SND_PCM_PLUGIN_DEFINE_FUNC(vcap)
{
	const char *raw = NULL, *log = NULL, *absent = NULL, *stall = NULL, *race = NULL, *id;
	snd_config_iterator_t i, next;
	vcap_t *v;
	int e;

	(void)root;
	snd_config_for_each(i, next, conf) {
		snd_config_t *n = snd_config_iterator_entry(i);

		if (snd_config_get_id(n, &id) < 0)
			continue;
		if (!strcmp(id, "raw"))
			snd_config_get_string(n, &raw);
		else if (!strcmp(id, "log"))
			snd_config_get_string(n, &log);
		else if (!strcmp(id, "gone"))
			snd_config_get_string(n, &absent);
		else if (!strcmp(id, "stall"))
			snd_config_get_string(n, &stall);
		else if (!strcmp(id, "race"))
			snd_config_get_string(n, &race);
	}
	if (stream != SND_PCM_STREAM_PLAYBACK || !raw || !log)
		return -EINVAL;
	if (absent && access(absent, F_OK) == 0)
		return -ENODEV;
	if (!(v = calloc(1, sizeof *v)))
		return -ENOMEM;
	v->io.version = SND_PCM_IOPLUG_VERSION;
	v->io.name = "vcap";
	v->io.callback = &callbacks;
	v->io.private_data = v;
	v->io.flags = SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	v->io.poll_events = POLLIN;
	v->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	v->gone = absent ? strdup(absent) : NULL;
	v->stall = stall ? strdup(stall) : NULL;
	v->race = race ? strdup(race) : NULL;
	v->raw = fopen(raw, "ab");
	v->log = fopen(log, "a");
	if (!v->raw || !v->log || v->io.poll_fd < 0) {
		release(v);
		return -EIO;
	}
	if ((e = snd_pcm_ioplug_create(&v->io, name, stream, mode)) < 0) {
		release(v);
		return e;
	}
	if ((e = limit(&v->io)) < 0) {
		snd_pcm_ioplug_delete(&v->io);
		return e;
	}
	*pcmp = v->io.pcm;
	return 0;
}

SND_PCM_PLUGIN_SYMBOL(vcap);
