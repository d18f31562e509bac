/** The body of a form, with the Content-Type that its boundary is in. */
interface FormBody {
  readonly contentType: string;
  readonly body: Buffer;
}

const BOUNDARY = 'boxbridge-doctor-b2d91c4e7f';

/** A form of multipart/form-data: https://www.rfc-editor.org/rfc/rfc7578. */
export function multipartForm(fields: readonly (readonly [name: string, value: string])[]): FormBody {
  const parts = fields.map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
    body: Buffer.from(`${parts.join('')}--${BOUNDARY}--\r\n`),
  };
}
