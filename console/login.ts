import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, login } from './api.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';

/** The admin token for a session cookie. The token is not kept in the page. */
export function Login({ onLogin }: { onLogin: () => void }): VNode {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    setBusy(true);
    try {
      await login(String(new FormData(form).get('token')).trim());
      onLogin();
    } catch (error) {
      setProblem(loginProblem(error));
      form.querySelector<HTMLInputElement>('#token')?.focus();
    } finally {
      setBusy(false);
    }
  };
  return html`<main class="login">
    <form onSubmit=${submit} class="card">
      <h1><${Icon} name="bell" /> Bellwether</h1>
      <p>Network monitoring for schools.</p>
      <input type="text" name="username" value="admin" autocomplete="username" hidden />
      <label for="token">Admin token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus
        aria-describedby="token-hint" aria-invalid=${problem ? 'true' : 'false'} />
      <p id="token-hint" class="muted">The collector printed it once, at its first start.</p>
      <p class="error-text" role="alert">${problem}</p>
      <button type="submit" disabled=${busy}>Log in</button>
    </form>
  </main>`;
}

function loginProblem(error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  if (error.kind === 'login') return 'This token is not valid.';
  if (error.kind === 'contact') return 'The collector does not answer. Try again in a moment.';
  return error.message;
}
