import { expect, test } from '@jest/globals';
import { camelCased } from '../../src/shared/camel-case.js';

test('the properties of an object are renamed, those of its values are not', () => {
  const renamed = camelCased({ name: 'a', api_key: 'b', max_upload_size: 1n, a_2: { b_c: undefined } });
  const { name, apiKey, maxUploadSize, a2 }: { name: string; apiKey: string; maxUploadSize: bigint; a2: object } =
    renamed;
  expect(renamed).toStrictEqual({ name, apiKey, maxUploadSize, a2 });
  expect([name, apiKey, maxUploadSize, a2]).toStrictEqual(['a', 'b', 1n, { b_c: undefined }]);
});

test('a property that is absent stays absent', () => {
  const value: { some_name?: string } = {};
  expect(Object.keys(camelCased(value))).toEqual([]);
});
